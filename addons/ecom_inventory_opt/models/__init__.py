from . import ecom_replenishment_policy
from . import ecom_replenishment_reader
from . import ecom_replenishment_sourcing
from . import ecom_replenishment_planner
from . import ecom_replenishment_proposal
from . import ecom_replenishment_acceptance
from . import stock_warehouse_orderpoint
from . import purchase_order_line
