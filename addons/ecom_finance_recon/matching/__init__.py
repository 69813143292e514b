"""Which settlement line pays which open item, in plain Python (no odoo in here).

* :mod:`.postings`: from lines of :mod:`..formats` to what is matched and booked;
* :func:`match`: lines and open items in; matches, suggestions, refusals, faults out;
* :mod:`.schema`: the words of that;
* :mod:`.engine`: the layers, from certain to merely likely;
* :mod:`.rates`: fee rate cards, and :mod:`.audit`: fees charged against them;
* :mod:`.closing`: opening + events = payout + closing, to the cent;
* :mod:`.rules`: discrepancy and fraud checks, each of which can be switched;
* :mod:`.profit`: what each order line earned, as known at a date.
"""

from . import audit, closing, postings, profit, rates, rules, schema
from .engine import match
from .rates import Rate, RateCard
from .schema import Entry, Fault, Item, Match, Policy, Refusal, Result, Suggestion
