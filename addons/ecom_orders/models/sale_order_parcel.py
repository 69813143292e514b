from odoo import api, fields, models

USER = "ecom_orders.group_user"


class SaleOrderLine(models.Model):
    """Lines that leave one warehouse in several parcels are told apart by a number."""

    _inherit = "sale.order.line"

    ecom_parcel = fields.Integer(
        string="Parcel",
        copy=False,
        readonly=True,
        help="Lines from one warehouse with different numbers leave in different "
        "deliveries.",
    )

    def _ecom_get_shipping_class(self):
        """The class of the line's goods; a kit has its own."""
        self.ensure_one()
        # Salespeople without a role in this addon cause orders to be routed too.
        return self.sudo().product_id.product_tmpl_id._ecom_get_shipping_class()

    def _ecom_get_carried(self):
        """What tells whether a further line may join these: class and carrier."""
        return {
            (line._ecom_get_shipping_class(), line.ecom_carrier_id) for line in self
        }


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _ecom_number_parcels(self, places):
        """Number the parcels that lines are placed in.

        Lines that stay where they are keep their number; what is placed joins them
        where class and carrier are the same, and gets a number of its own otherwise.

        :param places: by line, a list of (warehouse, carrier, parcel, units).
        :return: dict ``(warehouse, carrier, parcel) -> number``.
        """
        self.ensure_one()
        contents = {}
        for line, targets in places.items():
            for *parcel, _units in targets:
                contents.setdefault(tuple(parcel), set()).add(
                    line._ecom_get_shipping_class()
                )
        placed = self.env["sale.order.line"].union(*places)._ecom_get_family()
        staying = (self.order_line - placed).filtered(
            lambda line: line.ecom_warehouse_id and line.move_ids
        )
        numbers, taken = {}, {}
        for (warehouse, number), lines in staying.grouped(
            lambda line: (line.warehouse_id, line.ecom_parcel)
        ).items():
            taken.setdefault(warehouse, {})[number] = lines._ecom_get_carried()
        for parcel, classes in contents.items():
            warehouse, carrier, _number = parcel
            known = taken.setdefault(warehouse, {})
            wanted = {(one, carrier) for one in classes}
            same = [number for number, carried in known.items() if carried == wanted]
            free = next(n for n in range(len(known) + 1) if n not in known)
            numbers[parcel] = same[0] if same else free
            if not same:
                # what is placed in another parcel does not join this one
                known[free] = None
        return numbers


class StockPicking(models.Model):
    """A delivery of some of an order's lines."""

    _inherit = "stock.picking"

    ecom_parcel = fields.Integer(copy=False, readonly=True)
    ecom_shipping_class_ids = fields.Many2many(
        "ecom.shipping.class",
        string="Shipping Class",
        compute="_compute_ecom_shipping_class_ids",
        compute_sudo=True,
        groups=USER,
    )

    @api.depends("move_ids.product_id")
    def _compute_ecom_shipping_class_ids(self):
        for picking in self:
            picking.ecom_shipping_class_ids = picking._ecom_get_shipping_classes()

    def _ecom_get_shipping_classes(self):
        """Classes of the goods in these transfers."""
        nothing = self.env["ecom.shipping.class"]
        products = self.move_ids.product_id.product_tmpl_id
        return nothing.union(*(one._ecom_get_shipping_class() for one in products))


class StockMove(models.Model):
    """Moves of different parcels go to different deliveries."""

    _inherit = "stock.move"

    def _ecom_get_parcel(self):
        """The number of the parcel that moves to a buyer are in."""
        # Whoever moves goods need not see the orders that they are for.
        numbers = self.sale_line_id.sudo().mapped("ecom_parcel")
        is_delivery = self.location_dest_id.usage == "customer"
        return numbers[0] if numbers and is_delivery else 0

    def _key_assign_picking(self):
        return (*super()._key_assign_picking(), self._ecom_get_parcel())

    def _search_picking_for_assignation_domain(self):
        domain = super()._search_picking_for_assignation_domain()
        if self.location_dest_id.usage == "customer" and self.sale_line_id:
            domain = [*domain, ("ecom_parcel", "=", self._ecom_get_parcel())]
        return domain

    def _get_new_picking_values(self):
        values = super()._get_new_picking_values()
        number = self[:1]._ecom_get_parcel()
        return {**values, "ecom_parcel": number} if number else values
