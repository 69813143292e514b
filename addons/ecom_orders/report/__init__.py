from . import ecom_lead_time_report
from . import ecom_storage_report
from . import sale_report
