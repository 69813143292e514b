from . import ecom_return_inspection
