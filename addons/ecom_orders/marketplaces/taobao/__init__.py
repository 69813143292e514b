"""Taobao and Tmall (Taobao Open Platform, TOP): the connector and its parts.

* :mod:`.client`: the verbs;
* :mod:`.api`: the gateway, signed calls, what refusals mean;
* :mod:`.signing`: signatures over sorted parameters;
* :mod:`.feed`: windows of modified trades or refunds, pages read backwards;
* :mod:`.catalogue`, :mod:`.dispatch`, :mod:`.agreement`: listings and quantities,
  parcels, refunds;
* :mod:`.messages`: the queue of messages (TMC);
* :mod:`.normaliser`, :mod:`.amounts`, :mod:`.after_sales`, :mod:`.const`: payloads to
  the common schema.

There are no HTTP webhooks: the platform's message service is asked, or is a connection
that an application keeps open.
"""

from .client import TaobaoConnector

__all__ = ["TaobaoConnector"]
