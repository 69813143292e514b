"""WooCommerce (REST API v3): the connector and what it is made of.

* :mod:`.client`: the verbs;
* :mod:`.api`: addresses, credentials, pages, what refusals mean;
* :mod:`.feed`: the order feed that loses no row;
* :mod:`.orders`, :mod:`.parcels`: parcels and the end of an order, told to the shop;
* :mod:`.refunds`: money given back, told to the shop;
* :mod:`.listing`, :mod:`.products`: listings for comparing orders and quantities;
* :mod:`.oauth`: signatures for shops on plain http;
* :mod:`.webhook`: deliveries of the shop;
* :mod:`.normaliser`, :mod:`.const`: payloads to the common schema.
"""

from .client import WooCommerceConnector

__all__ = ["WooCommerceConnector"]
