"""Decisions about customers in plain Python (no odoo in here).

* :mod:`.history`, :mod:`.season`: from orders to what models learn from;
* :mod:`.bg_nbd`, :mod:`.gamma_gamma`, :mod:`.lifetime`: purchases, values, both with
  hold-out checks; :mod:`.churn`: who is about to leave; :mod:`.ranking`: how good a
  ranking is; :mod:`.likelihood`: the search for parameters;
* :mod:`.rfm`, :mod:`.clusters`: groups of customers;
* :mod:`.affinity`: what is bought together and next;
* :mod:`.identity`: which contacts are one person;
* :mod:`.rules`: what a segment asks for; :mod:`.send_time`, :mod:`.uplift`: campaigns.

numpy and scipy are imported when something is computed: Odoo starts without them.
"""
