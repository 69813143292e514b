from . import ecom_segment_profit
