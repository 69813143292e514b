"""eBay (Sell Fulfillment, Inventory, Finances; Post-Order): the connector.

* :mod:`.client`: the verbs;
* :mod:`.api`: hosts, credentials, what refusals mean;
* :mod:`.tokens`: access tokens, bought with the seller's refresh token;
* :mod:`.signing`: the digital signatures of sellers in the EU and the UK;
* :mod:`.feed`: the feed of orders that loses no row;
* :mod:`.inventory`: listings, quantities, locations;
* :mod:`.fulfilment`: parcels, cancellations, refunds;
* :mod:`.notification`, :mod:`.keys`: what eBay sends by itself, and by which keys it
  is checked;
* :mod:`.returns`: the feed of returns, and what a return is;
* :mod:`.normaliser`, :mod:`.amounts`, :mod:`.const`: payloads to the common schema.

Sources: eBay's OpenAPI documents (Fulfillment 1.20.7, Inventory 1.18.4, Notification
1.6.2, Identity; Finances 1.9.0). For Post-Order they name paths and nothing else: what
is sent there and read from it is marked *not confirmed*.
"""

from .client import EbayConnector

__all__ = ["EbayConnector"]
