# ruff: noqa: E501 (lines are as long as providers write them)
"""A small file of every format, with made-up values that close.

:data:`FILES` has for each format its content as text or bytes, how it is encoded, and
the sum of its lines. Nothing in here comes from a real account.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Sample:
    """A file.

    :param code: of the format that has to recognise it.
    :param totals: sum of the lines of each settlement, in the order of their names.
    :param closes: what the file proves.
    :param rows: where the data rows are (first, last + 1), for shuffling; ``None`` when
        the order of the lines matters.
    """

    code: str
    text: str
    totals: tuple[str, ...]
    closes: bool | None = True
    encoding: str = "utf-8"
    rows: tuple[int, int] | None = None

    @property
    def content(self) -> bytes:
        """The bytes of the file."""
        return self.text.encode(self.encoding)

    def shuffled(self, random) -> bytes:
        """The bytes with the data rows in another order."""
        lines = self.text.splitlines(keepends=True)
        first, last = self.rows
        middle = lines[first:last]
        if not middle[-1].endswith("\n"):
            middle[-1] += "\n"
        random.shuffle(middle)
        return "".join(lines[:first] + middle + lines[last:]).encode(self.encoding)

    @property
    def decimals(self) -> list[Decimal]:
        """The totals as numbers."""
        return [Decimal(total) for total in self.totals]


def _tsv(header: str, *rows: str) -> str:
    return "".join(line.replace("|", "\t") + "\n" for line in (header, *rows))


V2_HEADER = (
    "settlement-id|settlement-start-date|settlement-end-date|deposit-date|total-amount|"
    "currency|transaction-type|order-id|merchant-order-id|adjustment-id|shipment-id|"
    "marketplace-name|amount-type|amount-description|amount|fulfillment-id|posted-date|"
    "posted-date-time|order-item-code|merchant-order-item-id|"
    "merchant-adjustment-item-id|sku|quantity-purchased|promotion-id"
)


def v2_row(event, order, group, name, amount, sku="", quantity="", day="16"):
    """A row of the flat file V2."""
    stamp = f"2026-06-{day} 10:11:12 UTC"
    cells = ["900", "", "", "", "", "", event, order, "", "", "S1", "Amazon.com"]
    cells += [group, name, amount, "AFN", stamp[:10], stamp, "ITEM1", "", ""]
    return "|".join([*cells, sku, quantity, ""])


def v2(total, *rows):
    """A flat file V2 with its summary."""
    summary = (
        "900|2026-06-16 00:00:00 UTC|2026-06-30 00:00:00 UTC|2026-07-02 00:00:00 UTC|"
        f"{total}|USD" + "|" * 18
    )
    return _tsv(V2_HEADER, summary, *rows)


AMAZON_V2_ROWS = (
    v2_row("Order", "111-1", "ItemPrice", "Principal", "100.00", 'TV 40"', "1"),
    v2_row("Order", "111-1", "ItemPrice", "Tax", "8.25"),
    v2_row(
        "Order",
        "111-1",
        "ItemWithheldTax",
        "MarketplaceFacilitatorTax-Principal",
        "-8.25",
    ),
    v2_row("Order", "111-1", "ItemFees", "Commission", "-15.00"),
    v2_row("Order", "111-1", "ItemFees", "FBAPerUnitFulfillmentFee", "-5.40"),
    v2_row("Order", "111-1", "Promotion", "Shipping", "-4.99"),
    v2_row("Order", "111-1", "ItemPrice", "Shipping", "4.99"),
    v2_row("Refund", "111-0", "ItemPrice", "Principal", "-20.00", day="14"),
    v2_row("Refund", "111-0", "ItemFees", "Commission", "3.00"),
    v2_row("Refund", "111-0", "ItemFees", "RefundCommission", "-0.60"),
    v2_row("ServiceFee", "", "Cost of Advertising", "TransactionTotalAmount", "-7.00"),
    v2_row(
        "other-transaction",
        "",
        "other-transaction",
        "Previous Reserve Amount Balance",
        "50.00",
    ),
    v2_row(
        "other-transaction", "", "other-transaction", "Current Reserve Amount", "-30.00"
    ),
    v2_row("other-transaction", "", "other-transaction", "Brand New Thing", "0.15"),
)
AMAZON_V2 = Sample("amazon_v2", v2("75.15", *AMAZON_V2_ROWS), ("75.15",), rows=(1, 16))

V1_HEADER = (
    "settlement-id|settlement-start-date|settlement-end-date|deposit-date|total-amount|"
    "currency|transaction-type|order-id|merchant-order-id|adjustment-id|shipment-id|"
    "marketplace-name|shipment-fee-type|shipment-fee-amount|order-fee-type|"
    "order-fee-amount|fulfillment-id|posted-date|order-item-code|"
    "merchant-order-item-id|merchant-adjustment-item-id|sku|quantity-purchased|"
    "price-type|price-amount|item-related-fee-type|item-related-fee-amount|"
    "misc-fee-amount|other-fee-amount|other-fee-reason-description|"
    "direct-payment-type|direct-payment-amount|other-amount"
)
AMAZON_V1 = Sample(
    "amazon_v1",
    _tsv(
        V1_HEADER,
        "800|2026-01-01T00:00:00+00:00|2026-01-15T00:00:00+00:00|"
        "2026-01-17T00:00:00+00:00|40.90|CAD" + "|" * 27,
        "800||||||Order|701-1|701-1||S1|Amazon.ca|||||AFN|2026-01-02T03:04:05+00:00|"
        "I1|||SKU-1||Principal|60.00" + "|" * 8,
        "800||||||Order|701-1|701-1||S1|Amazon.ca|||||AFN|2026-01-02T03:04:05+00:00|"
        "I1|||SKU-1||||Commission|-9.00" + "|" * 6,
        "800||||||ServiceFee|||||||||||2026-01-03T00:00:00+00:00||||||||"
        "Cost of Advertising|-9.00||-1.08|TaxAmount|||",
        "800||||||Payable to Amazon|||||||||||2026-01-04T00:00:00+00:00"
        + "|" * 15
        + "-0.02    ",
    ),
    ("40.90",),
    rows=(1, 6),
)

ALIPAY_TRADES = Sample(
    "alipay_trade",
    """#支付宝业务明细查询
#账号：[20880000000000010156]
#起始日期：[2026年03月01日 00:00:00]   终止日期：[2026年03月02日 00:00:00]
#-----------------------------------------业务明细列表----------------------------------------
支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注
20260301220014\t,T200P1234567890123\t,交易\t,红茶, 大罐,2026-03-01 10:00:00,2026-03-01 10:00:05,\t,\t,\t,\t,*某(a@example.com)\t,199.00,189.00,5.00,0.00,0.00,10.00,0.00,,0.00\t,0.00,\t,-1.13,0.00,
20260301220015\t,A-2\t,交易\t,绿茶,2026-03-01 11:00:00,2026-03-01 11:00:05,\t,\t,\t,\t,*某(b@example.com)\t,60.00,60.00,0.00,0.00,0.00,0.00,0.00,,0.00\t,0.00,\t,-0.36,0.00,
20260301220014\t,T200P1234567890123\t,退款\t,红茶, 大罐,2026-03-01 10:00:00,2026-03-01 18:00:00,\t,\t,\t,\t,*某(a@example.com)\t,-50.00,-50.00,0.00,0.00,0.00,0.00,0.00,,0.00\t,0.00,RE-1\t,0.30,0.00,
#-----------------------------------------业务明细列表结束------------------------------------
#交易合计：2笔，商家实收共249.00元，商家优惠共10.00元
#退款合计：1笔，商家实收退款共-50.00元，商家优惠退款共0.00元
#导出时间：[2026年03月02日 05:46:49]
""",
    ("197.81",),
    encoding="gb18030",
    rows=(5, 8),
)
ALIPAY_ACCOUNT = Sample(
    "alipay_account",
    """#支付宝账务明细查询
#账号：[20880000000000010156]
#起始日期：[2026年03月01日 00:00:00]   终止日期：[2026年03月02日 00:00:00]
#-----------------------------------------账务明细列表----------------------------------------
账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注
1001\t,B1\t,T200P1234567890123\t,红茶,2026-03-01 10:00:05,a@example.com,189.00,0.00,189.00,支付宝,在线支付,
1002\t,B1\t,T200P1234567890123\t,红茶,2026-03-01 10:00:05,,0.00,-1.13,187.87,支付宝,收费,
1003\t,B2\t,A-2\t,绿茶,2026-03-01 11:00:05,b@example.com,60.00,0.00,247.87,支付宝,在线支付,
1004\t,B2\t,A-2\t,绿茶,2026-03-01 11:00:05,,0.00,-0.36,247.51,支付宝,收费,
1005\t,B3\t,T200P1234567890123\t,红茶,2026-03-01 18:00:00,,0.00,-50.00,197.51,支付宝,交易退款,
1006\t,B3\t,T200P1234567890123\t,红茶,2026-03-01 18:00:00,,0.30,0.00,197.81,支付宝,退费,
1007\t,B4\t,\t,,2026-03-01 20:00:00,,0.00,-190.00,7.81,支付宝,提现,
#-----------------------------------------账务明细列表结束------------------------------------
#支出合计：4笔，共-241.49元
#收入合计：3笔，共249.30元
#导出时间：[2026年03月02日 05:46:49]
""",
    ("7.81",),
    encoding="gb18030",
    rows=(5, 12),
)
WECHAT_TRADES = Sample(
    "wechat_trade",
    """交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注
`2026-04-01 10:00:00,`wx1,`1900000009,`0,`,`42001,`SO-1,`o1,`NATIVE,`SUCCESS,`OTHERS,`CNY,`99.90,`0.00,`0,`0,`0.00,`0.00,`,`,`茶, 大罐,`,`0.59940,`0.60%,`99.90,`0.00,`
`2026-04-01 11:00:00,`wx1,`1900000009,`0,`,`42002,`SO-2,`o1,`NATIVE,`SUCCESS,`OTHERS,`CNY,`20.00,`0.00,`0,`0,`0.00,`0.00,`,`,`杯子,`,`0.12000,`0.60%,`20.00,`0.00,`
`2026-04-01 12:00:00,`wx1,`1900000009,`0,`,`42002,`SO-2,`o1,`NATIVE,`REFUND,`OTHERS,`CNY,`0.00,`0.00,`5001,`RF-1,`20.00,`0.00,`ORIGINAL,`SUCCESS,`杯子,`,`-0.12000,`0.60%,`20.00,`20.00,`
总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额
`3,`119.90,`20.00,`0.00,`0.59940,`139.90,`20.00
""",
    ("99.30060",),
    rows=(1, 4),
)
WECHAT_FUNDS = Sample(
    "wechat_funds",
    """记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号
`2026-04-01 10:00:00,`42001,`F1,`交易,`交易,`收入,`99.90,`100.90,`system,`,`SO-1
`2026-04-01 10:00:00,`42001,`F2,`扣除交易手续费,`扣除交易手续费,`支出,`0.60,`100.30,`system,`,`SO-1
`2026-04-01 12:00:00,`5001,`F3,`退款,`退款,`支出,`20.00,`80.30,`system,`,`RF-1
资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额
`3,`1,`99.90,`2,`20.60
""",
    ("79.30",),
    rows=(1, 4),
)
ALIPAY_PERSONAL = Sample(
    "alipay_personal",
    """------------------------------------------------------------------------------------
导出信息：
支付宝账户：someone@example.com
起始时间：[2026-02-10 00:00:00]    终止时间：[2026-02-13 23:59:59]
共3笔记录
收入：1笔 30.00元
支出：1笔 12.50元
不计收支：1笔 5.00元
交易时间            ,交易分类                ,交易对方    ,对方账号    ,商品说明    ,收/支   ,金额   ,收/付款方式   ,交易状态   ,交易订单号     ,商家订单号    ,备注  ,
2026-02-12 21:32:14 ,日用百货 ,店铺 ,/ ,肥皂 ,支出 ,12.50 ,余额 ,交易成功 ,2026a\t,M1\t, ,
2026-02-12 22:00:00 ,转账红包 ,朋友 ,/ ,转账 ,收入 ,30.00 ,余额 ,交易成功 ,2026b\t,\t, ,
2026-02-12 23:00:00 ,退款 ,店铺 ,/ ,退款 ,不计收支 ,5.00 ,余额 ,退款成功 ,2026c\t,M1\t, ,
""",
    ("17.50", "5.00"),
    encoding="gb18030",
    rows=(9, 12),
)
WECHAT_PERSONAL = Sample(
    "wechat_personal",
    """微信支付账单明细,,,,,,,,,,
微信昵称：[某人],,,,,,,,,,
共2笔记录,,,,,,,,,,
收入：1笔 8.00元,,,,,,,,,,
支出：1笔 3.50元,,,,,,,,,,
中性交易：0笔 0.00元,,,,,,,,,,
交易时间,交易类型,交易对方,商品,收/支,金额(元),支付方式,当前状态,交易单号,商户单号,备注
2026-09-26 12:45:27,商户消费,米线店,"午餐",支出,¥3.50,零钱,支付成功,"3985734"\t,"129"\t,"/"
2026-09-24 10:10:11,微信红包,同学,/,收入,¥8.00,/,已存入零钱,3985735\t,130\t,/
""",
    ("4.50", "0"),
    rows=(7, 9),
)
JD_PERSONAL = Sample(
    "jd_personal",
    """导出信息：
京东账号名：jd_someone
共：2笔记录
收入：0笔，0.00元
支出：2笔(含1笔部分退款)，51.93元

交易时间,商户名称,交易说明,金额,收/付款方式,交易状态,收/支,交易分类,交易订单号,商家订单号,备注
2026-12-30 17:16:02\t,京东物流,运费,10.00,钱包余额,交易成功,支出,收发快递,JDX1\t,10\t, ,
2026-12-28 13:27:56\t,京东平台商户,卫衣,131.77(已退款89.84),银行卡,交易成功,支出,服饰,JD2\t,11\t, ,
""",
    ("-51.93",),
    rows=(7, 9),
)
SHOPIFY_CSV = Sample(
    "shopify_payments",
    """Transaction Date,Type,Order,Card Brand,Card Source,Payout Status,Payout Date,Payout ID,Available On,Amount,Fee,Net,Checkout,Payment Method Name,Presentment Amount,Presentment Currency,Currency,VAT
2026-01-19 12:07:45 +0100,charge,#1001,master,online,paid,2026-02-02,700,2026-01-22,37.90,1.10,36.80,#C1,card,37.90,EUR,EUR,0.00
2026-01-20 15:30:00 +0100,charge,#1002,visa,online,paid,2026-02-02,700,2026-01-23,52.00,1.64,50.36,#C2,card,56.10,USD,EUR,0.00
2026-01-21 15:30:00 +0100,refund,#1001,master,online,paid,2026-02-02,700,2026-01-23,-10.00,0.00,-10.00,#C1,card,10.00,EUR,EUR,0.00
2026-01-22 15:30:00 +0100,shop_gadget,,,,paid,2026-02-02,700,2026-01-23,-1.00,0.00,-1.00,,,,,EUR,0.00
2026-02-03 09:00:00 +0100,charge,#1003,visa,online,pending,,,2026-02-06,20.00,0.60,19.40,#C3,card,20.00,EUR,EUR,0.00
""",
    ("76.16", "19.40"),
    rows=(1, 6),
)
STRIPE = Sample(
    "stripe",
    """balance_transaction_id,created_utc,available_on_utc,currency,gross,fee,net,reporting_category,source_id,charge_id,description,automatic_payout_id,automatic_payout_effective_at_utc,payment_metadata[order_id]
txn_1,2026-01-30 10:11:12,2026-02-01 00:00:00,usd,25.00,0.95,24.05,charge,ch_1,ch_1,,po_1,2026-02-02 00:00:00,SO-1
txn_2,2026-01-30 12:30:00,2026-02-01 00:00:00,usd,-10.00,0.00,-10.00,refund,re_1,ch_1,,po_1,2026-02-02 00:00:00,SO-1
txn_3,2026-01-30 12:30:00,2026-02-01 00:00:00,usd,-0.50,0.00,-0.50,fee,,,Radar,po_1,2026-02-02 00:00:00,
txn_4,2026-02-02 00:00:00,2026-02-02 00:00:00,usd,-13.55,0.00,-13.55,payout,po_1,,STRIPE PAYOUT,po_1,2026-02-02 00:00:00,
""",
    ("13.55",),
    rows=(1, 5),
)
PAYPAL_STL = Sample(
    "paypal_report",
    """"RH","2026/01/07 04:00:00 -0800","A","ACC1","011"
"FH","01"
"SH","2026/01/06 00:00:00 -0800","2026/01/06 23:59:59 -0800","ACC1",""
"CH","Transaction ID","Invoice ID","PayPal Reference ID","PayPal Reference ID Type","Transaction Event Code","Transaction Initiation Date","Transaction Completion Date","Transaction  Debit or Credit","Gross Transaction Amount","Gross Transaction Currency","Fee Debit or Credit","Fee Amount","Fee Currency","Custom Field","Consumer ID","Payment Tracking ID","Store ID","Bank Reference ID"
"SB","T1","SO-1","","TXN","T0006","2026/01/06 00:00:30 -0800","2026/01/06 00:00:30 -0800","CR","5200","JPY","DR","225","JPY","","","","",""
"SB","T2","SO-1","T1","TXN","T1107","2026/01/06 01:00:30 -0800","2026/01/06 01:00:30 -0800","DR","1000","JPY","CR","20","JPY","","","","",""
"SB","T3","","","","T0400","2026/01/06 02:00:30 -0800","2026/01/06 02:00:30 -0800","DR","3000","JPY","","","","","","","","BANK-9"
"SF","JPY","5200","4000","20","225","CR","100","CR","1095","CR","100","CR","1095","CR","0","CR","0","3"
"SC","3"
"RF","JPY","5200","4000","20","225","CR","100","CR","1095","CR","100","CR","1095","CR","0","CR","0","3"
"RC","3"
"FF","1"
""",
    ("9.95",),
    rows=(4, 7),
)
PAYPAL_ACTIVITY_EN = Sample(
    "paypal_activity",
    """"Date","Time","TimeZone","Name","Type","Status","Currency","Gross","Fee","Net","From Email Address","To Email Address","Transaction ID","Reference Txn ID","Invoice Number","Balance"
"25/01/2026","07:45:51","PST","Buyer","Express Checkout Payment","Completed","USD","1,084.00","-34.25","1,049.75","b@example.com","s@example.com","TID1","","SO-1","1,049.75"
"26/01/2026","08:00:00","PST","Buyer","Payment Refund","Completed","USD","-84.00","0.00","-84.00","s@example.com","b@example.com","TID2","TID1","SO-1","965.75"
"27/01/2026","09:00:00","PST","","General Withdrawal","Completed","USD","-900.00","0.00","-900.00","","","TID3","","","65.75"
"28/01/2026","09:00:00","PST","Other","Website Payment","Denied","USD","15.00","0.00","15.00","","","TID4","","","65.75"
""",
    ("65.75",),
    rows=(1, 5),
)
PAYPAL_ACTIVITY_DE = Sample(
    "paypal_activity",
    """"Datum";"Uhrzeit";"Zeitzone";"Name";"Typ";"Status";"Währung";"Brutto";"Entgelt";"Netto";"Transaktionscode";"Zugehöriger Transaktionscode";"Rechnungsnummer";"Guthaben"
"25.01.2026";"07:45:51";"CET";"Käufer";"Website-Zahlung";"Abgeschlossen";"EUR";"1.084,00";"-34,25";"1.049,75";"TID1";"";"SO-1";"1.049,75"
"26.01.2026";"08:00:00";"CET";"Käufer";"Rückzahlung";"Abgeschlossen";"EUR";"-84,00";"0,00";"-84,00";"TID2";"TID1";"SO-1";"965,75"
""",
    ("965.75",),
    encoding="utf-8-sig",
    rows=(1, 3),
)
EBAY = Sample(
    "ebay_report",
    """Transaction report
"For the period, some days"
Seller,test.seller
Transaction creation date,Type,Order number,Legacy order ID,Buyer username,Buyer name,Ship to city,Ship to province/region/state,Ship to zip,Ship to country,Net amount,Payout currency,Payout date,Payout ID,Payout method,Payout status,Reason for hold,Item ID,Transaction ID,Item title,Custom label,Quantity,Item subtotal,Shipping and handling,Seller collected tax,eBay collected tax,Final Value Fee - fixed,Final Value Fee - variable,International fee,Gross transaction amount,Transaction currency,Exchange rate,Reference ID,Description
"Aug 31, 2026",Order,20-1,20-1,b,B,C,ST,0,US,"1,019.40",USD,"Sep 2, 2026",55,BANK,Funds sent,--,--,--,--,--,--,--,--,--,--,--,--,--,"1,023.26",USD,--,--,--
"Aug 31, 2026",Order,20-1,20-1,b,B,C,ST,0,US,--,--,"Sep 2, 2026",55,BANK,Funds sent,--,9001,8001,One,SKU-1,1,1000,11,--,--,-0.3,-2.2,--,--,--,--,--,--
"Aug 31, 2026",Order,20-1,20-1,b,B,C,ST,0,US,--,--,"Sep 2, 2026",55,BANK,Funds sent,--,9002,8002,Two,SKU-2,1,10,2.26,--,-0.8,--,-1.2,-0.16,--,--,--,--,--
"Aug 31, 2026",Other fee,--,--,--,--,--,--,--,--,-0.89,USD,"Sep 2, 2026",55,BANK,Funds sent,--,--,--,--,--,--,--,--,--,--,--,--,--,-0.89,USD,--,FEE-1,Promoted Listings - General fee
"Sep 1, 2026",Refund,20-0,20-0,c,C,C,ST,0,US,-8.5,USD,"Sep 2, 2026",55,BANK,Funds sent,--,--,--,--,--,--,--,--,--,--,0.3,1.2,--,-10,USD,--,Cancel,--
"Sep 2, 2026",Payout,--,--,--,--,--,--,--,--,"-1,010.01",USD,--,55,BANK,Funds sent,--,--,--,--,--,--,--,--,--,--,--,--,--,"-1,010.01",USD,--,--,Scheduled payout
""",
    ("1010.01",),
    rows=(4, 10),
)
ADYEN = Sample(
    "adyen",
    """Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Creation Date,TimeZone,Type,Modification Reference,Gross Currency,Gross Debit (GC),Gross Credit (GC),Exchange Rate,Net Currency,Net Debit (NC),Net Credit (NC),Commission (NC),Markup (NC),Scheme Fees (NC),Interchange (NC),Payment Method Variant,Modification Merchant Reference,Batch Number
Co,Shop,881,SO-1,visa,2026-02-10 10:25:36,CET,Settled,991,GBP,,100.00,1.15,EUR,,113.00,0.50,0.30,0.20,1.00,visaclassic,,7
Co,Shop,882,SO-2,mc,2026-02-11 10:25:36,CET,Refunded,992,EUR,20.00,,1,EUR,20.10,,0.10,,,,mc,,7
Co,Shop,883,SO-3,mc,2026-02-11 11:25:36,CET,Chargeback,993,EUR,5.00,,1,EUR,15.00,,10.00,,,,mc,,7
Co,Shop,,,,2026-02-15 21:29:37,CET,Fee,Transaction Fees February 2026,,,,,EUR,1.80,,,,,,,,7
Co,Shop,,,,2026-02-15 21:29:37,CET,MerchantPayout,"TX1 batch 7, Shop",,,,,EUR,76.10,,,,,,,,7
""",
    ("76.10",),
    rows=(1, 6),
)
MERCADO_PAGO = Sample(
    "mercadopago_release",
    """DATE;SOURCE_ID;EXTERNAL_REFERENCE;RECORD_TYPE;DESCRIPTION;NET_CREDIT_AMOUNT;NET_DEBIT_AMOUNT;GROSS_AMOUNT;MP_FEE_AMOUNT;FINANCING_FEE_AMOUNT;SHIPPING_FEE_AMOUNT;TAXES_AMOUNT;COUPON_AMOUNT;INSTALLMENTS;PAYMENT_METHOD;CURRENCY
2026-04-17T15:07:53.000-04:00;;;initial_available_balance;;1500.00;0.00;1500.00;0.00;0.00;0.00;0.00;0.00;1;;MXN
2026-04-17T16:07:53.000-03:00;101;SO-1;release;payment;980.50;0.00;1000.00;-15.00;0.00;0.00;-4.50;0.00;1;visa;MXN
2026-04-18T10:00:00.000-04:00;102;;release;withdrawal;0.00;903.00;-900.00;-3.00;0.00;0.00;0.00;0.00;1;;MXN
2026-04-18T11:00:00.000-04:00;103;SO-2;release;refund;0.00;12.30;-12.30;0.00;0.00;0.00;0.00;0.00;1;;MXN
2026-04-18T23:59:59.000-04:00;;;total;;1565.20;0.00;;;;;;;;;MXN
""",
    ("65.20",),
    rows=(1, 6),
)
MERCADO_PAGO_BALANCE = Sample(
    "mercadopago_settlement",
    """EXTERNAL_REFERENCE,SOURCE_ID,TRANSACTION_TYPE,TRANSACTION_AMOUNT,TRANSACTION_CURRENCY,TRANSACTION_DATE,FEE_AMOUNT,SETTLEMENT_NET_AMOUNT,SETTLEMENT_CURRENCY,SETTLEMENT_DATE
SO-1,101,SETTLEMENT,100.00,BRL,2026-04-17T15:07:53.000-03:00,-4.99,95.01,BRL,2026-04-17T15:07:53.000-03:00
SO-2,102,REFUND,-20.00,BRL,2026-04-18T15:07:53.000-03:00,1.00,-19.00,BRL,2026-04-18T15:07:53.000-03:00
""",
    ("76.01",),
    rows=(1, 3),
)
ETSY = Sample(
    "etsy",
    """Date,Type,Title,Info,Currency,Amount,Fees & Taxes,Net,Tax Details
"31 July, 2026",Sale,Payment for Order #4137400001,,CAD,CA$29.99,-CA$1.44,CA$28.55,--
"31 July, 2026",Fee,Transaction fee: A mug,Order #4137400001,CAD,--,-CA$1.95,-CA$1.95,--
"30 July, 2026",Fee,Listing fee,Listing #1200000001,CAD,--,-CA$0.28,-CA$0.28,--
"30 July, 2026",Fee,Listing fee,Listing #1200000001,CAD,--,-CA$0.28,-CA$0.28,--
"30 July, 2026",Marketing,Etsy Ads,Bill for 30 Jul,CAD,--,-CA$1.00,-CA$1.00,--
"29 July, 2026",Refund,Partial refund to buyer for Order #4137400000,,CAD,-CA$5.00,CA$0.30,-CA$4.70,--
"28 July, 2026",Deposit,"CA$1,100.00 sent to your bank account",,CAD,--,--,--,--
""",
    ("20.34",),
    encoding="utf-8-sig",
    rows=(1, 8),
)
BRAINTREE = Sample(
    "braintree",
    """Merchant Account ID,Transaction ID,Original Transaction ID,Transaction Type,Presentment Currency,Presentment Amount,Settlement Currency,Settlement Amount,Settlement Date,Disbursement Date,Deposit ID,Order ID,Total Fee Amount
eur,tx1,,sale,USD,108.00,EUR,99.00,2026-04-06,2026-04-08,,SO-1,2.90
eur,tx2,tx1,credit,USD,10.00,EUR,9.20,2026-04-07,2026-04-08,,SO-1,0.00
""",
    ("86.90",),
    closes=None,
    rows=(1, 3),
)
CHECKOUT = Sample(
    "checkout_com",
    """Client Entity ID,Currency Account ID,Holding Currency,Payout ID,Payout Date,Reporting Start Date,Reporting End Date,Payout Amount,Merchant Payout Fees,Payments,Refunds,Chargebacks,Card Payment Scheme Fees,Chargeback Fees,Adjustments,Tax
ent_1,ca_1,USD,K1,2026-07-02T02:00:00.000,2026-07-01T00:00:00.000,2026-07-02T00:00:00.000,75.48,-2,85,-5,0,-1.32,0,0,-1.2
""",
    ("75.48",),
)
DLOCAL = Sample(
    "dlocal",
    """ROW_TYPE,SETTLEMENT_CURRENCY,NUMBER_OF_ITEMS,GROSS_TOTAL_AMOUNT,FEE_TOTAL_AMOUNT,NET_TOTAL_AMOUNT,TRANSFER_DATE,TRANSFER_ID,,,,,,,,
HEADER,USD,2,100.33,-5.02,95.31,2026-01-09,642,,,,,,,,
ROW_TYPE,MID,LOGIN,COUNTRY,CREATION_DATE,APPROVED_DATE,TRANSACTION_ID,DLOCAL_TRANSACTION_ID,LOCAL_AMOUNT,LOCAL_CURRENCY,FX_RATE,GROSS_AMOUNT,FEE_AMOUNT,NET_AMOUNT,PAYMENT_TYPE,STATUS
PAYMENT,1,x,Brazil,2026-01-02 18:45:12,2026-01-02 18:45:12,SO-1,D1,500,BRL,6.46,77.333333,-3.014444,74.318889,CARD,PAID
CAPTURE,1,x,Brazil,2026-01-02 18:45:12,2026-01-02 18:45:12,SO-2,D2,150,BRL,6.46,23.000001,-2.005000,20.995001,CARD,PAID
""",
    ("95.313890",),
    rows=(3, 5),
)
TRUSTLY = Sample(
    "trustly",
    """H,P11KFUN,1.0.0,2026-02-01T12:00:00.000Z,2026-02-02T12:00:00.000Z,36,0001of0001
I,80,2026-01-30T23:51:37.990Z,81,36,Deferred,1,102,34,30c7,Capture,Processed,2026-02-02T05:51:28.297Z,2026-02-02T05:21:11.237Z,USD,86.00,ABC,AC118,999,,SO-1,ptx-1,-1.63
I,82,2026-01-31T04:56:30.506Z,79,36,Deferred,1,51,58,a9da,Capture,Processed,2026-02-02T05:51:11.672Z,2026-02-02T05:20:56.756Z,USD,2.84,ABC,AC118,999,,SO-2,ptx-2,
F,Big Corp,,ABC,USD,87.21,2,2026-01-28T10:00:00.000Z
L,4,88.84,1,87.21
""",
    ("87.21",),
    rows=(1, 3),
)
WALMART = Sample(
    "walmart",
    json.dumps(
        [
            {
                "Period Start Date": "12/11/2025",
                "Period End Date": "12/19/2025",
                "Currency": "USD",
                "Transaction Type": "PaymentSummary",
                "Total Payable": "17.25",
            },
            {
                "Transaction Type": "Sale",
                "Amount Type": "Product Price",
                "Amount": "20.00",
                "Customer Order #": "2001",
                "Partner Item ID": "SKU-1",
                "Transaction Posted Timestamp": "12/12/2025",
            },
            {
                "Transaction Type": "Sale",
                "Amount Type": "Commission on Product",
                "Amount": "-2.75",
                "Customer Order #": "2001",
                "Transaction Posted Timestamp": "12/12/2025",
            },
        ]
    ),
    ("17.25",),
)


def _money(amount: str, currency: str = "USD") -> dict:
    return {"currencyCode": currency, "currencyAmount": json.loads(amount)}


def amazon_transaction(name, status, order, *leaves, event="Shipment", total=None):
    """A transaction of the finances API with one item."""
    breakdowns = [
        {"breakdownType": word, "breakdownAmount": _money(amount), "breakdowns": []}
        for word, amount in leaves
    ]
    amount = total or str(sum(Decimal(amount) for _word, amount in leaves))
    return {
        "transactionType": event,
        "transactionId": name,
        "transactionStatus": status,
        "postedDate": "2026-05-01T10:00:00Z",
        "totalAmount": _money(amount),
        "sellingPartnerMetadata": {"sellingPartnerId": "A1SELLER"},
        "relatedIdentifiers": [
            {"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": order},
            {
                "relatedIdentifierName": "FINANCIAL_EVENT_GROUP_ID",
                "relatedIdentifierValue": "GROUP-1",
            },
        ],
        "items": [
            {
                "contexts": [{"sku": "SKU-1", "quantityShipped": 1}],
                "breakdowns": breakdowns,
            }
        ],
        "breakdowns": [],
    }


AMAZON_FINANCES = Sample(
    "amazon_finances",
    json.dumps(
        {
            "payload": {
                "transactions": [
                    amazon_transaction(
                        "T1",
                        "RELEASED",
                        "111-1",
                        ("OurPricePrincipal", "50.00"),
                        ("Commission", "-7.50"),
                        ("SomethingNew", "-0.10"),
                    ),
                    amazon_transaction(
                        "T2",
                        "RELEASED",
                        "111-2",
                        ("OurPricePrincipal", "-20.00"),
                        event="Refund",
                    ),
                ]
            }
        }
    ),
    ("22.40",),
)


def _shop_money(amount: str) -> dict:
    return {"amount": amount, "currencyCode": "EUR"}


def shopify_transaction(name, kind, amount, fee, order="#1001", payout="9"):
    """A balance transaction of Shopify's GraphQL."""
    net = str(Decimal(amount) - Decimal(fee))
    return {
        "id": f"gid://shopify/ShopifyPaymentsBalanceTransaction/{name}",
        "type": kind,
        "test": False,
        "transactionDate": "2026-05-01T10:00:00Z",
        "amount": _shop_money(amount),
        "fee": _shop_money(fee),
        "net": _shop_money(net),
        "associatedOrder": {"id": "gid://shopify/Order/5", "name": order},
        "associatedPayout": {"id": f"gid://shopify/ShopifyPaymentsPayout/{payout}"},
    }


SHOPIFY_GRAPHQL = Sample(
    "shopify_payouts",
    json.dumps(
        {
            "data": {
                "shopifyPaymentsAccount": {
                    "payouts": {
                        "nodes": [
                            {
                                "id": "gid://shopify/ShopifyPaymentsPayout/9",
                                "net": _shop_money("79.70"),
                                "status": "PAID",
                                "transactionType": "DEPOSIT",
                                "issuedAt": "2026-05-03T00:00:00Z",
                                "externalTraceId": "TRACE-9",
                            }
                        ]
                    },
                    "balanceTransactions": {
                        "edges": [
                            {
                                "node": shopify_transaction(
                                    "1", "CHARGE", "100.00", "3.20"
                                )
                            },
                            {
                                "node": shopify_transaction(
                                    "2", "RESERVED_FUNDS", "-15.00", "0.00"
                                )
                            },
                            {
                                "node": shopify_transaction(
                                    "3", "SHIPPING_LABEL", "-2.10", "0.00"
                                )
                            },
                        ]
                    },
                }
            }
        }
    ),
    ("79.70",),
)


def ebay_transaction(kind, entry, value, order="", fees=(), payout="55"):
    """A transaction of eBay's Finances API."""
    return {
        "transactionId": f"{kind}-{order or value}",
        "transactionType": kind,
        "bookingEntry": entry,
        "amount": {"value": value, "currency": "USD"},
        "orderId": order,
        "payoutId": payout,
        "transactionDate": "2026-05-01T10:00:00.000Z",
        "transactionStatus": "PAYOUT",
        "orderLineItems": [
            {
                "lineItemId": "1",
                "marketplaceFees": [
                    {"feeType": word, "amount": {"value": fee, "currency": "USD"}}
                    for word, fee in fees
                ],
            }
        ],
    }


EBAY_FINANCES = Sample(
    "ebay_finances",
    json.dumps(
        [
            {
                "transactions": [
                    ebay_transaction(
                        "SALE",
                        "CREDIT",
                        "86.50",
                        "20-1",
                        (("FINAL_VALUE_FEE", "13.20"), ("AD_FEE", "0.30")),
                    ),
                    ebay_transaction(
                        "REFUND",
                        "DEBIT",
                        "17.30",
                        "20-0",
                        (("FINAL_VALUE_FEE", "2.70"),),
                    ),
                    ebay_transaction("SHIPPING_LABEL", "DEBIT", "4.20"),
                ]
            },
            {
                "payouts": [
                    {
                        "payoutId": "55",
                        "amount": {"value": "65.00", "currency": "USD"},
                        "payoutDate": "2026-05-03T10:00:00.000Z",
                        "payoutStatus": "SUCCEEDED",
                        "payoutInstrument": {"accountLastFourDigits": "1234"},
                    }
                ]
            },
        ]
    ),
    ("65.00",),
)
TAOBAO = Sample(
    "taobao_bills",
    json.dumps(
        [
            {
                "bill_accounts_get_response": {
                    "accounts": {
                        "account": [
                            {
                                "account_id": 11,
                                "account_type": 3,
                                "account_name": "天猫佣金",
                            }
                        ]
                    }
                }
            },
            {
                "bill_bills_get_response": {
                    "has_next": False,
                    "bills": {
                        "bill": [
                            {
                                "bid": 1,
                                "account_id": 11,
                                "amount": 550,
                                "status": 1,
                                "trade_id": "3001",
                                "order_id": "3001",
                                "pay_time": "2026-05-01 10:00:00",
                                "book_time": "2026-05-01 10:00:00",
                            },
                            {
                                "bid": 2,
                                "account_id": 99,
                                "amount": -50,
                                "status": 1,
                                "trade_id": "3002",
                                "order_id": "3002",
                                "pay_time": "2026-05-01 11:00:00",
                                "book_time": "2026-05-01 11:00:00",
                            },
                        ]
                    },
                }
            },
        ],
        ensure_ascii=False,
    ),
    ("-5.00",),
)
CAMT = Sample(
    "camt",
    """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-05-01T00:00:00Z</CreDtTm></GrpHdr>
<Stmt><Id>S-1</Id><Acct><Id><IBAN>DE02120300000000202051</IBAN></Id><Ccy>EUR</Ccy></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">10.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Dt><Dt>2026-05-01</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">65.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-05-01</Dt></Dt></Bal>
<Ntry><Amt Ccy="EUR">80.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-05-01</Dt></BookgDt>
<NtryDtls><TxDtls><Refs><EndToEndId>PO-1</EndToEndId></Refs><Amt Ccy="EUR">50.00</Amt><RltdPties><Dbtr><Pty><Nm>Channel One</Nm></Pty></Dbtr></RltdPties><RmtInf><Ustrd>payout 1</Ustrd></RmtInf></TxDtls>
<TxDtls><Refs><EndToEndId>PO-2</EndToEndId></Refs><Amt Ccy="EUR">30.00</Amt></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="EUR">4.50</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><DtTm>2026-05-01T12:00:00+02:00</DtTm></BookgDt><AcctSvcrRef>FEE-1</AcctSvcrRef></Ntry>
<Ntry><Amt Ccy="EUR">99.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>PDNG</Cd></Sts><BookgDt><Dt>2026-05-01</Dt></BookgDt></Ntry>
</Stmt></BkToCstmrStmt></Document>
""",
    ("75.50",),
)
MT940 = Sample(
    "mt940",
    """:20:STMT1
:25:DE02120300000000202051
:28C:1/1
:60F:C251230EUR100,
:61:2512311231C50,25NTRFPO-1//BANK1
:86:payout 1 of a channel
:61:2601010101RC0,25NTRFNONREF//BANK2
:86:taken back
:62F:C260101EUR150,
-
""",
    ("50.00",),
)
OFX = Sample(
    "ofx",
    """OFXHEADER:100
DATA:OFXSGML
VERSION:102
SECURITY:NONE
ENCODING:USASCII
CHARSET:1252
COMPRESSION:NONE
OLDFILEUID:NONE
NEWFILEUID:NONE
<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS>
<DTSERVER>20260402000000<LANGUAGE>ENG</SONRS></SIGNONMSGSRSV1>
<BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STATUS><CODE>0<SEVERITY>INFO</STATUS>
<STMTRS><CURDEF>USD<BANKACCTFROM><BANKID>1<ACCTID>42<ACCTTYPE>CHECKING</BANKACCTFROM>
<BANKTRANLIST><DTSTART>20260301<DTEND>20260331
<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20260323000000[-5:EST]<TRNAMT>113.00<FITID>F1<MEMO>payout</STMTTRN>
<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20260324000000[-5:EST]<TRNAMT>-12.90<FITID>F2<MEMO>card</STMTTRN>
</BANKTRANLIST><LEDGERBAL><BALAMT>500.10<DTASOF>20260331</LEDGERBAL>
</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>
""",
    ("100.10",),
    closes=None,
)
BAI2 = Sample(
    "bai2",
    """01,BANK,ME,260215,1459,1,,,2/
02,ME,BANK,1,260214,2400,,/
03,88888888,USD,010,10000,,,015,12250,,/
16,165,2500,Z,BR1,PO-1,payout, of a channel/
88,second line of text/
16,475,250,V,260214,0000,BR2,CK9/
49,25000,5/
98,25000,1,7/
99,25000,1,9/
""",
    ("22.50",),
)
BANK_CSV = Sample(
    "bank_csv",
    """Date;Label;Debit;Credit;Balance
01.04.2026;LABEL 1;50,00;;950,00
02.04.2026;LABEL 2;;1.300,00;2.250,00
""",
    ("1250.00",),
    rows=(1, 3),
)

FILES: dict[str, Sample] = {
    name.lower(): value
    for name, value in list(globals().items())
    if isinstance(value, Sample)
}


def archive(**members: bytes) -> bytes:
    """A zip of these files; names as Alipay writes them: GBK without a flag."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in members.items():
            zipped.writestr(name, content)
    return buffer.getvalue()
