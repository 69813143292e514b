"""Settlement and bank files in plain Python (no odoo in here): bytes to signed lines.

* :func:`recognise`: which format a file has, by content alone;
* :func:`parse`: its settlements with lines, control totals and differences;
* :mod:`.schema`: the words all formats share;
* :mod:`.base`: the registry, and how to add a format, also from another addon;
* :mod:`.document`: files as streams, archives, encodings, limits;
* :mod:`.errors`: what can be wrong, as types;
* :mod:`.mapped`: files that a person describes by a mapping;
* :mod:`.export`: CSV that no spreadsheet executes.
"""

# Each format registers itself.
from . import (
    adyen,
    alipay,
    amazon_finances,
    amazon_flat,
    bank_bai2,
    bank_camt,
    bank_csv,
    bank_mt940,
    bank_ofx,
    ebay_finances,
    ebay_report,
    errors,
    etsy,
    export,
    mapped,
    mercadopago,
    paypal_activity,
    paypal_report,
    personal_bills,
    processors,
    schema,
    shopify_csv,
    shopify_payouts,
    stripe,
    taobao_bills,
    walmart,
    wechat,
)
from .base import FORMATS, Format, Options, parse, recognise, register
from .document import Limits
from .schema import FeeType, Kind, Line, ParsedFile, Settlement
