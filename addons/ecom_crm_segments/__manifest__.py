{
    "name": "Ecommerce CRM Segments",
    "summary": "Who the customers are, what they will do, whom to address with what",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "Odoo Ecommerce Suite contributors",
    "license": "LGPL-3",
    "depends": ["sale_management", "mass_mailing"],
    "external_dependencies": {"python": ["numpy", "scipy"]},
    "data": [],
    "application": True,
}
