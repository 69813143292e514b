from . import ecom_fetch_orders
