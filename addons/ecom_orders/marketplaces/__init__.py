"""Marketplaces: clients and normalisers in plain Python (no odoo in here).

* :mod:`.schema`: the dataclasses every marketplace is translated to;
* :mod:`.base`: the verbs and what they promise, the registry of connectors;
* :mod:`.transport`: the only place that sends HTTP;
* :mod:`.errors`: what can go wrong, as types;
* :mod:`.reading`: strict readers for untrusted payloads;
* :mod:`.pricing`: amounts and taxes of an order, to the cent;
* one folder for each marketplace.
"""

# Each marketplace registers itself.
from . import (
    amazon,
    base,
    ebay,
    errors,
    file,
    pricing,
    schema,
    shopify,
    taobao,
    transport,
    woocommerce,
)
from .base import CONNECTORS, Connector, Credentials
