from . import test_demand_reading
from . import test_degenerate_data
from . import test_forecast_adjustment
from . import test_replenishment_line
from . import test_replenishment_policy
from . import test_replenishment_security
from . import test_stock_alert
from . import test_vendor_choice
