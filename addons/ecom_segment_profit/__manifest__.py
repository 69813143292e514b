{
    "name": "Ecommerce Profit by Customer Segment",
    "summary": "What the customers of each segment bring, after all costs",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "author": "Odoo Ecommerce Suite contributors",
    "license": "LGPL-3",
    "depends": ["ecom_finance_recon", "ecom_crm_segments"],
    "data": [
        "security/ir.model.access.csv",
        "security/ecom_segment_profit_security.xml",
        "views/ecom_profit_views.xml",
        "views/ecom_segment_profit_views.xml",
    ],
    "auto_install": True,
}
