from . import base_partner_merge
from . import ecom_ad_export
