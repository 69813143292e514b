from collections import defaultdict

from odoo import models
from odoo.fields import Domain

BATCH = "ecom_batch"  # context key: many orders are confirmed together


class StockMove(models.Model):
    """Deliveries of a batch of orders, made and reserved together.

    Core makes one transfer after the other and reserves one move after the other, each
    with queries of its own. Under the context key :data:`BATCH` the plain cases are
    done for all moves at once *before* core does its work; core then finds nothing left
    to do for them, and does everything else (chains, lots, packages, other units) as
    always. The result is core's.
    """

    _inherit = "stock.move"

    def _action_confirm(self, merge=True, merge_into=False, create_proc=True):
        if self.env.context.get(BATCH):
            self._ecom_assign_pickings()
        return super()._action_confirm(
            merge=merge, merge_into=merge_into, create_proc=create_proc
        )

    def _action_assign(self, force_qty=False):
        if self.env.context.get(BATCH) and not force_qty:
            self._ecom_reserve()
        return super()._action_assign(force_qty=force_qty)

    def _trigger_scheduler(self):
        """Core looks for an orderpoint move by move; most products have none."""
        if not self.env.context.get(BATCH) or not self:
            return super()._trigger_scheduler()
        orderpoints = self.env["stock.warehouse.orderpoint"].search(
            [("product_id", "in", self.product_id.ids), ("trigger", "=", "auto")]
        )
        moves = self.filtered(lambda move: move.product_id in orderpoints.product_id)
        return super(StockMove, moves)._trigger_scheduler()

    # -- transfers ---------------------------------------------------------------------

    def _ecom_assign_pickings(self):
        """Make the transfers of new orders in one go.

        Moves whose order already has a transfer are left to core, which adds them.
        """
        moves = self.filtered(
            lambda move: (
                move.state == "draft"
                and move._should_be_assigned()
                and move.reference_ids
                and move.product_uom.compare(move.product_uom_qty, 0.0) >= 0
            )
        )
        if not moves:
            return
        known = self.env["stock.picking"].search(
            [
                ("reference_ids", "in", moves.reference_ids.ids),
                ("state", "not in", ("done", "cancel")),
            ]
        )
        groups = defaultdict(self.browse)
        for move in moves:
            if not move.reference_ids & known.reference_ids:
                groups[move._key_assign_picking()] |= move
        pickings = self.env["stock.picking"].create(
            [group._get_new_picking_values() for group in groups.values()]
        )
        for group, picking in zip(groups.values(), pickings, strict=True):
            group.picking_id = picking
            # "new" would post one message after the other
            group._assign_picking_post_process(new=False)
        pickings._ecom_log_origin()

    # -- reservation -------------------------------------------------------------------

    def _ecom_reserve(self):
        """Reserve the plain moves: one look at the stock, one creation."""
        moves = self.filtered(lambda move: move._ecom_is_plain())
        if not moves:
            return
        shelves = moves._ecom_lock_quants()
        free, taken, values = {}, defaultdict(float), []
        for move in moves:
            shelf = shelves.get((move.product_id.id, move.location_id.id), ())
            for quant, quantity in move._ecom_take(shelf, free):
                taken[quant] += quantity
                values.append(
                    move._prepare_move_line_vals(
                        quantity=quantity, reserved_quant=quant
                    )
                )
        for quant, quantity in taken.items():
            quant.reserved_quantity += quantity
        self.env["stock.move.line"].with_context(ecom_is_reserved=True).create(values)

    def _ecom_is_plain(self):
        """Whether reserving needs nothing but "oldest first" from free stock."""
        self.ensure_one()
        product = self.product_id
        return (
            self.state == "confirmed"
            and not self.picked
            and not self.move_line_ids
            and not self.move_orig_ids
            and self.procure_method == "make_to_stock"
            and self.location_dest_id.usage == "customer"
            and product.tracking == "none"
            and self.product_uom == product.uom_id
            and product.categ_id.packaging_reserve_method != "full"
            and not self._should_bypass_reservation()
            and self.env["stock.quant"]._get_removal_strategy(product, self.location_id)
            == "fifo"
        )

    def _ecom_lock_quants(self):
        """Stock of the moves' products, oldest first, locked until the end.

        Without what somebody else holds just now, and without products of which more
        was promised than there is: core decides about those.

        :return: dict ``(product id, location id) -> list of stock.quant``.
        """
        # As in core: what can be reserved is not a question of who may see stock.
        Quant = self.env["stock.quant"].sudo()
        shelves = {}
        for location in self.location_id:
            products = self.filtered(lambda m, at=location: m.location_id == at)
            quants = Quant.search(
                Domain("product_id", "in", products.product_id.ids)
                & Domain("location_id", "child_of", location.id),
                order=Quant._get_removal_strategy_order("fifo"),
            )
            locked = quants.try_lock_for_update(allow_referencing=True)
            for product, shelf in quants.grouped("product_id").items():
                if shelf <= locked and all(
                    product.uom_id.compare(q.quantity, q.reserved_quantity) >= 0
                    for q in shelf
                ):
                    shelves[product.id, location.id] = list(shelf)
        return shelves

    def _ecom_take(self, shelf, free):
        """Take what this move needs from the oldest stock.

        :param shelf: quants of the product, oldest first.
        :param free: free quantity by quant as far as moves before have changed it;
            updated here.
        :return: list of (quant, quantity), one for each place, lot, package and owner.
        """
        self.ensure_one()
        uom = self.product_id.uom_id
        need = self.product_qty
        places = {}
        for quant in shelf:
            left = free.setdefault(quant, quant.quantity - quant.reserved_quantity)
            quantity = min(left, need)
            if uom.compare(quantity, 0.0) <= 0:
                continue
            free[quant] = left - quantity
            need -= quantity
            key = (quant.location_id, quant.lot_id, quant.package_id, quant.owner_id)
            first, before = places.get(key, (quant, 0.0))
            places[key] = (first, before + quantity)
        return list(places.values())
