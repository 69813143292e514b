"""Codes of the Taobao Open Platform and what they mean.

Source: the platform's metadata of its interfaces (fields and their documented values);
what is not in there is marked.
"""

from __future__ import annotations

from ..schema import OrderStatus, RefundStatus, ReturnStatus

CURRENCY = "CNY"

TRADE_STATUSES = {
    "TRADE_NO_CREATE_PAY": OrderStatus.PENDING,
    "WAIT_BUYER_PAY": OrderStatus.PENDING,
    "PAY_PENDING": OrderStatus.PENDING,  # foreign credit card being checked
    "WAIT_PRE_AUTH_CONFIRM": OrderStatus.PENDING,
    "PAID_FORBID_CONSIGN": OrderStatus.ON_HOLD,  # group buying not complete
    "WAIT_SELLER_SEND_GOODS": OrderStatus.OPEN,
    "SELLER_CONSIGNED_PART": OrderStatus.OPEN,
    "WAIT_BUYER_CONFIRM_GOODS": OrderStatus.COMPLETED,
    "TRADE_BUYER_SIGNED": OrderStatus.COMPLETED,  # cash on delivery only
    "TRADE_FINISHED": OrderStatus.COMPLETED,
    "TRADE_CLOSED": OrderStatus.REFUNDED,  # closed by a refund after payment
    "TRADE_CLOSED_BY_TAOBAO": OrderStatus.CANCELLED,  # closed before payment
}
#: the platform's reasons for closing a trade, by words of ours
CLOSE_REASONS = (
    ("stock", "缺货"),
    ("address", "买家信息填写错误，重新拍"),
    ("buyer", "买家不想买了"),
    ("customer", "买家不想买了"),
)
NOT_PAID_IN_TIME = "未及时付款"  # true of whatever can be closed
CLOSED = ("TRADE_CLOSED", "TRADE_CLOSED_BY_TAOBAO")
SHIPPED = ("WAIT_BUYER_CONFIRM_GOODS", "TRADE_BUYER_SIGNED", "TRADE_FINISHED")
UNPAID = (
    "TRADE_NO_CREATE_PAY",
    "WAIT_BUYER_PAY",
    "PAY_PENDING",
    "WAIT_PRE_AUTH_CONFIRM",
    "TRADE_CLOSED_BY_TAOBAO",
)

# Stages of a payment in two parts (pre-sale).
NOTHING_PAID = "FRONT_NOPAID_FINAL_NOPAID"
DEPOSIT_PAID = "FRONT_PAID_FINAL_NOPAID"
ALL_PAID = "FRONT_PAID_FINAL_PAID"
DEPOSIT_FORFEITED = "FRONT_PAID_FRONT_FORFEITED"

# Listings leave out every type that is not asked for, and by default most of them.
# Types of other lines of business (game equipment, domain names, insurance) are left
# out here as well. "fenxiao" is documented as a type of trades, but not among those
# that can be asked for: not confirmed.
TRADE_TYPES = (
    "fixed",
    "auction",
    "guarantee_trade",  # both of the above, in one word
    "step",
    "independent_simple_trade",
    "independent_shop_trade",
    "auto_delivery",
    "ec",
    "cod",
    "b2c_cod",
    "super_market_trade",
    "super_market_cod_trade",
    "shopex_trade",
    "external_trade",
    "instant_trade",
    "o2o_offlinetrade",
    "eticket",
    "tmall_i18n",
    "nopaid",
    "pre_auth_type",
    "fenxiao",
)
ON_DELIVERY = ("cod", "b2c_cod", "super_market_cod_trade")

REFUND_STATUSES = {
    "WAIT_SELLER_AGREE": RefundStatus.PENDING,
    "WAIT_BUYER_RETURN_GOODS": RefundStatus.PENDING,
    "WAIT_SELLER_CONFIRM_GOODS": RefundStatus.PENDING,
    "SELLER_REFUSE_BUYER": RefundStatus.FAILED,
    "CLOSED": RefundStatus.FAILED,  # withdrawn
    "SUCCESS": RefundStatus.DONE,
}
RETURN_STATUSES = {
    "WAIT_SELLER_AGREE": ReturnStatus.REQUESTED,
    "WAIT_BUYER_RETURN_GOODS": ReturnStatus.APPROVED,
    "WAIT_SELLER_CONFIRM_GOODS": ReturnStatus.IN_TRANSIT,
    "SELLER_REFUSE_BUYER": ReturnStatus.REJECTED,
    "CLOSED": ReturnStatus.CANCELLED,
    "SUCCESS": ReturnStatus.CLOSED,
    # an exchange of goods
    "WAIT_BUYER_CONFIRM_EXCHANGE_SELLER_SEND_GOODS": ReturnStatus.RECEIVED,
    "WAIT_SELLER_CONSIGN_GOODS": ReturnStatus.RECEIVED,
    "EXCHANGE_TRANSFORM_TO_REFUND": ReturnStatus.CANCELLED,
}
#: kinds of dispute in which goods come back
RETURNING = ("REFUND_AND_RETURN", "TMALL_EXCHANGE", "TAOBAO_EXCHANGE", "REPAIR")

FLAGS = {1: "red", 2: "yellow", 3: "green", 4: "blue", 5: "purple"}

SHIPPING_TYPES = {
    "free": "卖家包邮",
    "post": "平邮",
    "express": "快递",
    "ems": "EMS",
    "virtual": "虚拟发货",
    "25": "次日必达",
    "26": "预约配送",
    "seller": "商家自配送",
    "instant": "即时配送",
}

# ISO 3166-2:CN by the first two characters of a province's name, which tell all of
# them apart. Taiwan, Hong Kong and Macao are countries of their own in ISO 3166-1.
PROVINCES = {
    "北京": "BJ", "天津": "TJ", "河北": "HE", "山西": "SX", "内蒙": "NM",
    "辽宁": "LN", "吉林": "JL", "黑龙": "HL", "上海": "SH", "江苏": "JS",
    "浙江": "ZJ", "安徽": "AH", "福建": "FJ", "江西": "JX", "山东": "SD",
    "河南": "HA", "湖北": "HB", "湖南": "HN", "广东": "GD", "广西": "GX",
    "海南": "HI", "重庆": "CQ", "四川": "SC", "贵州": "GZ", "云南": "YN",
    "西藏": "XZ", "陕西": "SN", "甘肃": "GS", "青海": "QH", "宁夏": "NX",
    "新疆": "XJ",
}  # fmt: skip
REGIONS = {"香港": "HK", "澳门": "MO", "台湾": "TW"}
ABROAD = "海外"

# -- fields asked for ------------------------------------------------------------------

ROW_FIELDS = ("tid", "modified", "status")
SUMMARY_FIELDS = (
    "tid",
    "created",
    "status",
    "payment",
    "step_trade_status",
    "type",
    "seller_nick",
)
_ORDER_FIELDS = (
    "oid",
    "title",
    "price",
    "num",
    "num_iid",
    "sku_id",
    "outer_iid",
    "outer_sku_id",
    "sku_properties_name",
    "status",
    "refund_status",
    "refund_id",
    "total_fee",
    "payment",
    "discount_fee",
    "adjust_fee",
    "divide_order_fee",
    "part_mjz_discount",
    "sub_order_tax_fee",
    "consign_time",
    "end_time",
    "shipping_type",
    "logistics_company",
    "invoice_no",
    "store_code",
    "is_sh_ship",
    "delivery_time",
    "sign_time",
    "estimate_con_time",
)
TRADE_FIELDS = (
    "tid",
    "type",
    "status",
    "created",
    "modified",
    "pay_time",
    "consign_time",
    "end_time",
    "title",
    "seller_nick",
    "payment",
    "post_fee",
    "total_fee",
    "discount_fee",
    "adjust_fee",
    "received_payment",
    "cod_fee",
    "buyer_cod_fee",
    "cod_status",
    "order_tax_fee",
    "coupon_fee",
    "tmall_coupon_fee",
    "paid_coupon_fee",
    "alipay_point",
    "alipay_no",
    "credit_card_fee",
    "point_fee",
    "expandcard_info",
    "step_trade_status",
    "step_paid_fee",
    "step_pay_details",
    "new_presell",
    "buyer_nick",
    "buyer_open_uid",
    "buyer_email",
    "buyer_message",
    "seller_memo",
    "seller_flag",
    "receiver_name",
    "receiver_country",
    "receiver_state",
    "receiver_city",
    "receiver_district",
    "receiver_town",
    "receiver_address",
    "receiver_zip",
    "receiver_mobile",
    "receiver_phone",
    "oaid",
    "shipping_type",
    "trade_from",
    "is_brand_sale",
    "is_force_wlb",
    "is_force_dc",
    "is_sh_ship",
    "top_hold",
    "team_buy_hold",
    "share_group_hold",
    "ofp_hold",
    "send_time",
    "est_con_time",
    "delivery_time",
    "sign_time",
    "promise_sign_time",
    "priority_consign_time",
    "consign_interval",
    "promotion_details",
    "service_orders",
    "logistics_infos",
    "logistics_agreement",
    "combine_logistics_details",
    *(f"orders.{name}" for name in _ORDER_FIELDS),
)
REFUND_ROW_FIELDS = (
    "refund_id",
    "tid",
    "oid",
    "status",
    "created",
    "modified",
    "has_good_return",
    "dispute_type",
)
REFUND_FIELDS = (
    "refund_id",
    "tid",
    "oid",
    "status",
    "created",
    "modified",
    "refund_fee",
    "total_fee",
    "payment",
    "reason",
    "desc",
    "num",
    "title",
    "outer_id",
    "has_good_return",
    "good_status",
    "order_status",
    "refund_phase",
    "refund_version",
    "dispute_type",
    "company_name",
    "sid",
)
ITEM_FIELDS = (
    "num_iid",
    "title",
    "num",
    "price",
    "outer_id",
    "approve_status",
    "modified",
)
SKU_FIELDS = (
    "sku_id",
    "num_iid",
    "properties",
    "properties_name",
    "quantity",
    "price",
    "outer_id",
    "status",
    "barcode",
)
PARCEL_FIELDS = (
    "tid",
    "out_sid",
    "company_name",
    "status",
    "seller_confirm",
    "is_split",
    "sub_tids",
)
