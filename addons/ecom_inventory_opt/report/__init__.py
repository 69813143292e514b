from . import ecom_vendor_score
from . import ecom_order_coverage
from . import ecom_stock_on_order
from . import ecom_stock_overview
