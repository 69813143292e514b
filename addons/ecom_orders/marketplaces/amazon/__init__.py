"""Amazon (Selling Partner API): the connector and what it is made of.

* :mod:`.client`: the verbs;
* :mod:`.api`: addresses, sending, what refusals mean;
* :mod:`.access`: access tokens bought with the refresh token (Login with Amazon);
* :mod:`.limits`: the published rate of every operation, one token bucket for each;
* :mod:`.orders`: the order feed and listing, both versions of the interface;
* :mod:`.normaliser`, :mod:`.proceeds`, :mod:`.rates`, :mod:`.legacy`: payloads to
  the common schema;
* :mod:`.documents`, :mod:`.listings`, :mod:`.stock`: reports, feeds, patches;
* :mod:`.adjusting`, :mod:`.order_feeds`: cancellations and money back;
* :mod:`.returns`, :mod:`.labels`: goods that come back, labels that were bought;
* :mod:`.shipping`: parcels; :mod:`.finances`: transactions and refunds;
* :mod:`.notification`: what Amazon sends by itself; :mod:`.const`: marketplaces.
"""

from .client import AmazonConnector

__all__ = ["AmazonConnector"]
