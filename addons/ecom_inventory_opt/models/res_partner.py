from odoo import fields, models


class ResPartner(models.Model):
    """Terms of a vendor that are about a whole order, for each company."""

    _inherit = "res.partner"

    ecom_order_cost = fields.Float(
        string="Cost of an Order",
        company_dependent=True,
        help="Of placing and receiving an order, whatever is on it; company currency.",
    )
    ecom_smallest_value = fields.Float(
        string="Minimum Order Value",
        company_dependent=True,
        help="Of an order, in the company's currency; 0 = none.",
    )
    ecom_largest_value = fields.Float(
        string="Maximum Order Value",
        company_dependent=True,
        help="The most that the vendor delivers with one order, in the company's "
        "currency; 0 = no limit.",
    )
    ecom_freight_load = fields.Selection(
        [("weight", "Weight"), ("volume", "Volume")],
        string="Freight Goes By",
        company_dependent=True,
    )
    ecom_freight_step = fields.Float(
        string="Load of a Step",
        company_dependent=True,
        help="Weight or volume of one freight step, pallet or container; 0 = freight "
        "is free.",
    )
    ecom_freight_cost = fields.Float(
        string="Price of a Step",
        company_dependent=True,
        help="Of each step that is begun, in the company's currency.",
    )
