from . import base_partner_merge
from . import ecom_ad_export
from . import ecom_coupon_issue
from . import ecom_personal_data
from . import ecom_rfm_flow
from . import ecom_segment_overlap
