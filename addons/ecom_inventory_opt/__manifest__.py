{
    "name": "Ecommerce Inventory Optimisation",
    "summary": "What to buy, how much, when, from whom, and where to keep it",
    "version": "19.0.1.0.0",
    "category": "Supply Chain/Inventory",
    "author": "Odoo Ecommerce Suite contributors",
    "license": "LGPL-3",
    "depends": ["purchase_stock", "sale_stock"],
    "external_dependencies": {"python": ["numpy", "scipy"]},
}
