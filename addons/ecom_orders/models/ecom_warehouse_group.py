from odoo import fields, models


class EcomWarehouseGroup(models.Model):
    """Warehouses that routing rules speak of by one name: a region, a brand, 3PL."""

    _name = "ecom.warehouse.group"
    _description = "Group of warehouses"
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    warehouse_ids = fields.Many2many(
        "stock.warehouse",
        "ecom_warehouse_group_rel",
        "group_id",
        "warehouse_id",
        check_company=True,
    )

    _name_uniq = models.Constraint(
        "UNIQUE(company_id, name)", "There is a group of this name already."
    )
