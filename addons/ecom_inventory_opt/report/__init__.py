from . import ecom_vendor_score
