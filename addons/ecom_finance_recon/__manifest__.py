{
    "name": "Ecommerce Settlements",
    "summary": "Every payout of a marketplace explained, every order's profit known",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "author": "Odoo Ecommerce Suite contributors",
    "license": "LGPL-3",
    "depends": ["account", "ecom_orders"],
    "external_dependencies": {"python": ["lxml", "mt-940", "ofxparse", "openpyxl"]},
}
