from . import ecom_lead_time_report
from . import sale_report
