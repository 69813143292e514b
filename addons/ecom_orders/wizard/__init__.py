from . import ecom_channel_onboard
from . import ecom_fetch_orders
from . import ecom_health_check
from . import ecom_listing_publish
from . import ecom_oversell_simulate
from . import ecom_return_inspection
from . import ecom_file_import_column
from . import ecom_file_import
