"""How a settlement becomes a journal entry, in plain Python (no odoo in here).

* :mod:`.payments`: which lines together are one buyer's payment or refund;
* :mod:`.purposes`: which account a line needs, by what it is.
"""

from . import payments, purposes
from .payments import Payment, group_payments
from .purposes import PURPOSES, Purpose, purpose_of
