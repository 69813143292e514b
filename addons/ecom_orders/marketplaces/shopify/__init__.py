"""Shopify (Admin GraphQL API): the connector and what it is made of.

* :mod:`.client`: the verbs;
* :mod:`.api`: address, token, versions, throttling, what refusals mean;
* :mod:`.documents`: every query and mutation that is sent;
* :mod:`.feed`: the order feed that loses no row; :mod:`.bulk`: the bulk export;
* :mod:`.returns`, :mod:`.catalogue`: returns, products, sites;
* :mod:`.stock`, :mod:`.dispatch`, :mod:`.refunding`: what is told to the shop;
* :mod:`.webhook`: deliveries of the shop;
* :mod:`.normaliser`, :mod:`.lines`, :mod:`.money`, :mod:`.const`: payloads to the
  common schema.
"""

from .client import ShopifyConnector

__all__ = ["ShopifyConnector"]
