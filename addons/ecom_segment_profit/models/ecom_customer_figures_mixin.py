from odoo import api, fields, models
from odoo.tools import SQL


class EcomCustomerFiguresMixin(models.AbstractModel):
    """A report whose rows have a customer and a company: who that customer is now."""

    _name = "ecom.customer.figures.mixin"
    _description = "Report by What Is Known of Customers"

    rfm_group = fields.Selection(
        selection="_selection_rfm_group", string="Customer Group", readonly=True
    )
    value_class = fields.Selection(
        [("a", "A"), ("b", "B"), ("c", "C")],
        string="Customer Value Class",
        readonly=True,
    )

    @api.model
    def _selection_rfm_group(self):
        return self.env["ecom.customer"]._selection_rfm_group()

    @api.model
    def _add_customer_figures(self, query):
        """The rows of a query with the figures of their customers.

        :param query: with the columns ``partner_id`` and ``company_id``.
        """
        return SQL(
            """
            SELECT own.*, customer.rfm_group, customer.value_class
              FROM (%s) own
              LEFT JOIN res_partner partner ON partner.id = own.partner_id
              LEFT JOIN ecom_customer customer
                ON customer.partner_id = partner.commercial_partner_id
               AND customer.company_id = own.company_id
            """,
            query,
        )
