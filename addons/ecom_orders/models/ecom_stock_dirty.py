from odoo import api, fields, models
from odoo.tools import SQL

PENDING = "ecom_orders.stock_dirty"


class EcomStockDirty(models.Model):
    """Products whose stock has changed since quantities were last computed.

    Rows are only ever added here and taken away by the publisher: nobody who moves
    stock waits for anybody. What a transaction touches is collected in memory and
    written in one statement when it commits.
    """

    _name = "ecom.stock.dirty"
    _description = "Product whose published stock is to be computed again"
    _log_access = False

    product_id = fields.Many2one("product.product", required=True, ondelete="cascade")

    @api.model
    def _mark(self, product_ids):
        """Have the quantities of products computed again after this transaction."""
        if not product_ids:
            return
        precommit = self.env.cr.precommit
        if PENDING not in precommit.data:
            precommit.data[PENDING] = set()
            precommit.add(self._write_pending)
        precommit.data[PENDING].update(product_ids)

    @api.model
    def _write_pending(self):
        """Write down what the transaction touched, if there is anybody to tell."""
        product_ids = sorted(self.env.cr.precommit.data.pop(PENDING, ()))
        # Written for everybody who moves stock, whatever may be done in this addon.
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO ecom_stock_dirty (product_id)
                SELECT p.id
                  FROM product_product p
                 WHERE p.id = ANY(%(ids)s)
                   AND EXISTS (SELECT 1 FROM ecom_channel WHERE stock_sync)
                """,
                ids=product_ids,
            )
        )
        if self.env.cr.rowcount:
            self.env["ecom.channel"]._trigger_stock_push()

    @api.model
    def _take(self):
        """Product ids that are to be computed, taken out of the table."""
        rows = self.env.execute_query(
            SQL("DELETE FROM ecom_stock_dirty RETURNING product_id")
        )
        return {product_id for (product_id,) in rows}


class StockQuant(models.Model):
    _inherit = "stock.quant"

    @api.model
    def _update_available_quantity(self, product_id, location_id, *args, **kwargs):
        """Every change of what is on hand passes here."""
        self.env["ecom.stock.dirty"]._mark(product_id.ids)
        return super()._update_available_quantity(
            product_id, location_id, *args, **kwargs
        )

    @api.model
    def _update_reserved_quantity(self, product_id, location_id, *args, **kwargs):
        """Every change of what is reserved passes here."""
        self.env["ecom.stock.dirty"]._mark(product_id.ids)
        return super()._update_reserved_quantity(
            product_id, location_id, *args, **kwargs
        )


class StockMove(models.Model):
    _inherit = "stock.move"

    def _action_confirm(self, *args, **kwargs):
        """A delivery that cannot be reserved is promised, a receipt is on its way."""
        moves = super()._action_confirm(*args, **kwargs)
        self.env["ecom.stock.dirty"]._mark(moves.product_id.ids)
        return moves

    def _action_cancel(self):
        """What was promised is free again."""
        self.env["ecom.stock.dirty"]._mark(self.product_id.ids)
        return super()._action_cancel()
