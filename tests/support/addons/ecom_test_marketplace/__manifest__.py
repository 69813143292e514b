{
    "name": "E-commerce Test Marketplace",
    "summary": "A marketplace added from outside, as ARCHITECTURE.md shows",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "author": "Odoo Ecommerce Suite Contributors",
    "license": "LGPL-3",
    "depends": ["ecom_orders"],
}
