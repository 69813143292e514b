{
    "name": "E-commerce Test Support",
    "summary": "Makes browser tests work on installations that lack a file of Odoo",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "author": "Odoo Ecommerce Suite Contributors",
    "license": "LGPL-3",
    "depends": ["mail"],
    "assets": {
        # Debian's package of Odoo leaves this file out (it blurs the background of
        # video calls); a missing file makes every browser test fail. Where the file is
        # there, leaving it out of the bundle changes nothing that our tests look at,
        # so that the line need not depend on the Odoo in use.
        "web.assets_backend": [
            ("remove", "mail/static/lib/selfie_segmentation/selfie_segmentation.js"),
        ],
    },
}
