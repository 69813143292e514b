from decimal import ROUND_CEILING, Decimal

from odoo import api, fields, models

from ..marketplaces.schema import ZERO
from ..routing.schema import DANGEROUS_GOODS, Line
from .ecom_stock_supply import exact


class SaleOrderLine(models.Model):
    """A line is delivered from where the shop or routing says."""

    _inherit = "sale.order.line"

    ecom_location_id = fields.Many2one(
        "ecom.location",
        string="Site at the Shop",
        ondelete="set null",
        copy=False,
        readonly=True,
        help="The site that the shop assigned: the line ships from its warehouse.",
    )
    ecom_warehouse_id = fields.Many2one(
        "stock.warehouse",
        string="Routed To",
        ondelete="set null",
        copy=False,
        readonly=True,
    )
    ecom_carrier_id = fields.Many2one(
        "delivery.carrier",
        string="Routed By Carrier",
        ondelete="set null",
        copy=False,
        readonly=True,
    )

    @api.depends(
        "route_ids",
        "order_id.warehouse_id",
        "product_id",
        "ecom_warehouse_id",
        "ecom_location_id.warehouse_id",
    )
    def _compute_warehouse_id(self):
        """What routing decided; else the shop's site; else as core does."""
        result = super()._compute_warehouse_id()
        # Salespeople without a role in this addon compute the field too.
        for line in self.sudo():
            chosen = line.ecom_warehouse_id or line.ecom_location_id.warehouse_id
            if chosen:
                line.warehouse_id = chosen
        return result

    def _ecom_quiet_write(self, values):
        """Write what routing decided, without messages."""
        return self.with_context(tracking_disable=True, mail_notrack=True).write(values)

    # -- as routing sees it ------------------------------------------------------------

    def _ecom_get_pieces(self):
        """Whole units of the product that are to be shipped; a begun one counts."""
        self.ensure_one()
        quantity = self.product_uom_id._compute_quantity(
            self.product_uom_qty - self.ecom_removed_qty,
            self.product_id.uom_id,
            round=False,
        )
        return _ceil(exact(quantity))

    def _ecom_get_needs(self, kits):
        """(product id as text, whole units) that one piece takes from stock.

        :param kits: see ``ecom.stock.supply._get_kits``.
        """
        self.ensure_one()
        product = self.product_id
        if product in kits:
            return tuple(
                (str(part.id), _ceil(units)) for part, units in kits[product].items()
            )
        return ((str(product.id), 1),) if product.is_storable else ()

    def _ecom_get_required(self, kits):
        """What a carrier must be able to do for the line's parcel (hook).

        :param kits: see ``ecom.stock.supply._get_kits``.
        """
        self.ensure_one()
        product = self.product_id
        products = product.union(*kits.get(product, ()))
        dangerous = any(products.mapped("ecom_dangerous_goods"))
        return frozenset({DANGEROUS_GOODS} if dangerous else ())

    def _ecom_to_routing_line(self, kits):
        """The line as routing sees it."""
        self.ensure_one()
        pieces = self._ecom_get_pieces()
        worth = Decimal(str(self.price_subtotal))
        return Line(
            key=str(self.id),
            needs=self._ecom_get_needs(kits),
            quantity=pieces,
            weight=exact(self.product_id.weight),
            volume=exact(self.product_id.volume),
            value=max(worth, ZERO) / pieces if pieces else ZERO,
            whole=not self._ecom_is_divisible(),
            shipping_class=str(self._ecom_get_shipping_class().id or ""),
            required=self._ecom_get_required(kits),
        )


class StockMove(models.Model):
    _inherit = "stock.move"

    def _get_new_picking_values(self):
        """A transfer has the carrier that its lines were routed by."""
        values = super()._get_new_picking_values()
        carrier = self.sale_line_id.sudo().ecom_carrier_id
        if len(carrier) == 1 and self.location_dest_id.usage == "customer":
            values["carrier_id"] = carrier.id
        return values


def _ceil(quantity):
    return int(quantity.to_integral_value(ROUND_CEILING))
