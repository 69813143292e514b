from . import ecom_customer_figures_mixin, ecom_order_profit, ecom_profit_movement
