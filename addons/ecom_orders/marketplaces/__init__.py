"""Marketplaces: clients and normalisers in plain Python (no odoo in here).

* :mod:`.schema`: the dataclasses every marketplace is translated to;
* :mod:`.base`: the verbs and what they promise, the registry of connectors;
* :mod:`.transport`: the only place that sends HTTP;
* :mod:`.errors`: what can go wrong, as types;
* :mod:`.reading`: strict readers for untrusted payloads;
* :mod:`.pricing`: amounts and taxes of an order, to the cent;
* one folder for each marketplace.
"""

from . import (
    base,
    errors,
    pricing,
    schema,
    taobao,  # registers itself
    transport,
    woocommerce,  # registers itself
)
from .base import CONNECTORS, Connector, Credentials
