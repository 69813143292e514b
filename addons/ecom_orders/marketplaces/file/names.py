"""Names of columns and words for statuses, in the languages that exports use.

General knowledge, none of it confirmed by a specification.
"""

from __future__ import annotations

from ..schema import OrderStatus

#: Names by field, most telling first. English, then German, Japanese, Chinese.
NAMES: dict[str, tuple[str, ...]] = {
    "number": (
        "order number", "order no", "order no.", "order id", "order-id", "order",
        "amazon-order-id", "merchant order id", "sales record number", "reference",
        "bestellnummer", "bestell-nr.", "auftragsnummer", "bestellung", "auftrag",
        "注文番号", "受注番号", "注文id", "受注id",
        "订单编号", "订单号", "主订单编号", "主订单号", "交易编号", "子母件订单号",
        "訂單編號",
    ),
    "created_at": (
        "created at", "order date", "purchase-date", "purchase date", "date",
        "sale date", "ordered at", "order created", "order time", "creation date",
        "bestelldatum", "auftragsdatum", "datum", "kaufdatum", "bestellt am",
        "注文日", "注文日時", "受注日", "受注日時", "購入日",
        "订单创建时间", "下单时间", "创建时间", "订单提交时间", "订单成交时间",
        "成交时间",
        "訂單日期",
    ),
    "updated_at": (
        "updated at", "last-updated-date", "last updated", "modified", "modified at",
        "date modified", "last modified", "geändert am", "aktualisiert am",
        "更新日", "更新日時", "最終更新日", "更新时间", "修改时间", "订单更新时间",
    ),
    "paid_at": (
        "paid at", "payments-date", "payment date", "paid on date", "date paid",
        "zahlungsdatum", "bezahlt am", "入金日", "支払日", "支付日時",
        "订单付款时间", "付款时间", "支付时间", "付款确认时间",
    ),
    "cancelled_at": ("cancelled at", "canceled at", "storniert am", "キャンセル日"),
    "ship_by": (
        "ship by date", "latest-ship-date", "promise-date", "ship by",
        "versenden bis", "発送期限", "承诺发货时间", "应发货时间",
    ),
    "deliver_by": ("latest-delivery-date", "deliver by", "お届け予定日", "送达时间"),
    "status": (
        "status", "order status", "order-status", "financial status", "state",
        "bestellstatus", "auftragsstatus", "注文ステータス", "受注ステータス",
        "ステータス",
        "订单状态", "交易状态", "状态", "訂單狀態",
    ),
    "fulfilment": (
        "fulfillment status", "fulfilment status", "shipping status", "versandstatus",
        "発送ステータス", "发货状态", "物流状态",
    ),
    "currency": (
        "currency", "currency code", "währung", "waehrung", "通貨", "币种", "货币",
    ),
    "total": (
        "total", "order total", "total price", "grand total", "total amount",
        "amount paid", "order value",
        "gesamtbetrag", "gesamtsumme", "gesamt", "summe", "rechnungsbetrag",
        "合計", "合計金額", "請求金額", "総合計", "お支払い金額", "支払い合計",
        "买家实际支付金额", "买家实付金额", "实付金额", "总金额", "应付金额",
        "订单金额",
        "订单实付金额", "用户实付金额", "用户实付金额(元)", "買家實付金額",
    ),
    "total_tax": (
        "taxes", "total tax", "tax total", "order sales tax", "mwst gesamt",
        "steuer gesamt", "消費税合計", "税额合计",
    ),
    "shipping": (
        "shipping", "order shipping", "shipping cost", "shipping amount",
        "shipping and handling", "postage and packaging", "delivery cost", "freight",
        "versand", "versandkosten", "porto", "送料", "配送料",
        "买家应付邮费", "邮费", "运费", "运费金额", "運費",
    ),
    "shipping_tax": ("shipping tax", "mwst versand", "送料消費税", "运费税"),
    "shipping_tax_percent": (
        "shipping tax rate", "mwst satz versand", "送料税率", "运费税率",
    ),
    "discount": (
        "discount amount", "order discount", "discount", "total discount", "rabatt",
        "gutschein betrag", "値引", "割引", "割引額", "クーポン利用額",
        "店铺优惠", "优惠金额", "店铺优惠折扣", "店铺优惠折扣(元)",
    ),
    "fee": ("fee", "surcharge", "gebühr", "zuschlag", "手数料", "代引手数料", "附加费"),
    "refunded": (
        "refunded amount", "refund amount", "refunded", "erstattet",
        "erstattungsbetrag", "返金額", "退款金额", "買家退款金額",
    ),
    "shipping_method": (
        "shipping method", "ship-service-level", "ship service level",
        "shipping service", "delivery method", "versandart", "配送方法", "お届け方法",
        "运送方式", "物流方式", "配送方式",
    ),
    "payment_method": (
        "payment method", "payment-method", "payment type", "zahlungsart",
        "zahlungsmethode", "支払方法", "お支払い方法", "支付方式", "付款方式",
    ),
    "transaction_ref": (
        "payment reference", "payment id", "paypal transaction id", "zahlungsreferenz",
        "支付单号", "支付编号", "支付宝交易号",
    ),
    "coupon": ("discount code", "coupon code", "coupon", "gutscheincode", "クーポン"),
    "note": (
        "notes", "note", "customer note", "buyer note", "order notes", "bemerkung",
        "kundennotiz", "anmerkung", "備考", "お客様コメント",
        "买家留言", "买家备注", "订单备注", "留言",
    ),
    "marketplace_ref": ("sales-channel", "sales channel", "verkaufskanal", "店铺名称"),
    "fulfilled_by_channel": ("fulfillment-channel", "fulfillment channel"),
    "buyer.id": ("buyer id", "buyer username", "customer id", "kundennummer", "顧客id"),
    "buyer.name": (
        "buyer-name", "buyer name", "customer name", "customer", "full name",
        "kunde", "kundenname", "käufer", "注文者", "購入者", "注文者氏名", "お名前",
        "买家会员名", "买家昵称", "下单帐号", "客户姓名",
    ),
    "buyer.email": (
        "email", "e-mail", "buyer-email", "buyer email", "customer email",
        "メールアドレス", "注文者メールアドレス", "邮箱", "买家邮箱",
    ),
    "buyer.phone": (
        "phone", "buyer-phone-number", "telefon", "電話番号", "注文者電話番号", "电话",
    ),
    "bill_to.name": ("billing name", "rechnungsname", "請求先氏名"),
    "bill_to.company": ("billing company", "rechnungsfirma"),
    "bill_to.street": (
        "billing street", "billing address1", "billing address 1", "bill-address-1",
        "rechnungsstraße", "請求先住所",
    ),
    "bill_to.street2": ("billing address2", "billing address 2", "bill-address-2"),
    "bill_to.city": ("billing city", "bill-city", "rechnungsort"),
    "bill_to.zip": ("billing zip", "bill-postal-code", "rechnungsplz"),
    "bill_to.state": ("billing province", "bill-state", "billing state"),
    "bill_to.country": ("billing country", "bill-country", "rechnungsland"),
    "bill_to.phone": ("billing phone",),
    "ship_to.name": (
        "shipping name", "recipient-name", "recipient name", "recipient", "ship name",
        "ship to name", "post to name", "empfänger", "liefername", "name",
        "送付先氏名", "お届け先氏名", "お届け先名", "届け先", "受取人",
        "收货人姓名", "收货人", "收件人", "收件人姓名", "收貨人",
    ),
    "ship_to.first_name": ("first name", "vorname", "shipping first name"),
    "ship_to.last_name": ("last name", "nachname", "shipping last name"),
    "ship_to.company": ("shipping company", "company", "firma", "会社名", "公司"),
    "ship_to.street": (
        "shipping address1", "shipping street", "ship-address-1", "ship address 1",
        "ship to address 1", "street 1", "street", "address", "address 1",
        "straße", "strasse", "lieferadresse", "adresse",
        "お届け先住所", "送付先住所", "住所", "住所1",
        "收货地址", "收件地址", "详细地址", "地址", "收貨地址",
    ),
    "ship_to.street2": (
        "shipping address2", "ship-address-2", "ship address 2", "ship to address 2",
        "street 2", "address 2", "adresszusatz", "住所2", "建物名", "街道",
    ),
    "ship_to.city": (
        "shipping city", "ship-city", "ship city", "ship to city", "city", "ort",
        "stadt", "市区町村", "市", "城市",
    ),
    "ship_to.zip": (
        "shipping zip", "ship-postal-code", "ship zipcode", "ship to zip", "zip",
        "postcode", "postal code", "zip code", "plz", "postleitzahl",
        "郵便番号", "お届け先郵便番号", "邮编", "邮政编码",
    ),
    "ship_to.state": (
        "shipping province", "ship-state", "ship state", "ship to state", "province",
        "bundesland", "都道府県", "省", "省份",
    ),
    "ship_to.country": (
        "shipping country", "ship-country", "ship country", "ship to country",
        "country", "country code", "land", "国", "国家",
    ),
    "ship_to.phone": (
        "shipping phone", "ship-phone-number", "ship to phone", "recipient phone",
        "お届け先電話番号", "联系手机", "收货人手机", "手机", "联系电话", "收件人电话",
    ),
    "ship_to.email": ("shipping email",),
    "line.id": (
        "order-item-id", "order item id", "transaction id", "line id",
        "positionsnummer",
        "明細番号", "子订单编号", "子订单号",
    ),
    "line.sku": (
        "sku", "lineitem sku", "item sku", "custom label", "product sku", "seller sku",
        "artikelnummer", "artikel-nr.", "商品コード", "品番", "管理番号",
        "商家编码", "外部系统编号", "商品编码", "商家编码-规格维度", "货号", "商品編號",
    ),
    "line.barcode": ("barcode", "ean", "gtin", "upc", "janコード", "jan", "条码"),
    "line.product_ref": (
        "product id", "item id", "item number", "listing id", "asin",
        "商品id", "宝贝id", "样式id",
    ),
    "line.name": (
        "product name", "product-name", "lineitem name", "item name", "item title",
        "title", "product", "item", "description",
        "artikel", "artikelname", "artikelbezeichnung", "produkt", "bezeichnung",
        "商品名", "商品名称", "宝贝标题", "标题", "商品", "品名", "商品名稱",
    ),
    "line.quantity": (
        "quantity", "quantity-purchased", "lineitem quantity", "qty", "number of items",
        "menge", "anzahl", "stückzahl", "数量", "個数", "注文数", "购买数量",
        "宝贝数量",
        "宝贝总数量", "订购数量", "商品数量", "商品数量(件)", "數量",
    ),
    "line.unit_price": (
        "unit price", "lineitem price", "price per item", "sold for", "price each",
        "einzelpreis", "stückpreis", "単価", "販売価格",
        "单价", "商品单价", "价格", "京东价", "宝贝单价", "單價",
    ),
    "line.total": (
        "item-price", "item price total", "line total", "item total", "subtotal line",
        "price", "amount", "betrag", "preis", "positionssumme", "小計", "金額",
        "小计", "商品总价", "商品总价(元)", "金额", "货款金额",
    ),
    "line.discount": (
        "item-promotion-discount", "lineitem discount", "item discount",
        "positionsrabatt", "商品优惠", "优惠",
    ),
    "line.tax": (
        "item-tax", "item tax", "tax", "tax amount", "steuer", "mwst", "消費税",
        "税额",
    ),
    "line.tax_percent": (
        "tax rate", "vat rate", "tax %", "vat %", "steuersatz", "mwst satz", "mwst %",
        "税率",
    ),
    "line.shipping": ("shipping-price",),
    "line.tracking_number": (
        "tracking number", "tracking-number", "tracking", "trackingnummer",
        "sendungsnummer", "追跡番号", "お問い合わせ番号", "送り状番号",
        "物流单号", "快递单号", "运单号",
    ),
    "line.carrier": (
        "carrier", "shipping carrier", "versanddienstleister", "運送会社", "配送会社",
        "物流公司", "快递公司",
    ),
    "line.shipped": (
        "quantity-shipped", "shipped quantity", "versendete menge", "已发数量",
    ),
}  # fmt: skip

#: What a name means in the export of one of them only; "" = nothing that is needed.
OVERRIDES: dict[str, dict[str, str]] = {
    "shopify": {
        "name": "number", "id": "", "shipping street": "", "billing street": "",
        "lineitem fulfillment status": "", "location": "", "source": "",
    },
    "amazon": {
        "item-price": "line.total", "item-status": "",
        "shipping-price": "line.shipping", "shipping-tax": "line.shipping_tax",
    },
    "ebay": {"total price": "total"},
    "etsy": {"price": "line.unit_price", "buyer": "buyer.name", "item total": ""},
    "taobao": {"价格": "line.unit_price", "标题": "line.name", "备注": ""},
}  # fmt: skip

_S = OrderStatus
#: Words for statuses, in lower case.
STATUS_WORDS: dict[str, OrderStatus] = {
    **dict.fromkeys(
        (
            "paid", "processing", "open", "unshipped", "partiallyshipped",
            "partially shipped", "partially_refunded", "unfulfilled", "partial",
            "awaiting shipment", "bezahlt", "offen", "in bearbeitung", "versandbereit",
            "入金済み", "支払い済み", "発送待ち", "出荷待ち", "未発送",
            "买家已付款，等待卖家发货", "买家已付款,等待卖家发货", "等待卖家发货",
            "待发货",
            "已付款", "等待出库", "卖家部分发货",
        ),
        _S.OPEN,
    ),
    **dict.fromkeys(
        (
            "shipped", "fulfilled", "completed", "complete", "delivered", "closed",
            "versendet", "versandt", "abgeschlossen", "geliefert",
            "発送済み", "出荷済み", "完了", "配達完了",
            "卖家已发货，等待买家确认", "卖家已发货,等待买家确认", "交易成功", "已发货",
            "已发货，待签收", "已发货,待签收", "已签收", "已完成", "完成",
        ),
        _S.COMPLETED,
    ),
    **dict.fromkeys(
        (
            "pending", "unpaid", "awaiting payment", "unbezahlt", "ausstehend",
            "未入金", "入金待ち", "支払い待ち", "等待买家付款", "待付款", "未付款",
        ),
        _S.PENDING,
    ),
    **dict.fromkeys(
        ("on hold", "on-hold", "authorized", "wartend", "保留", "保留中", "锁定"),
        _S.ON_HOLD,
    ),
    **dict.fromkeys(
        (
            "cancelled", "canceled", "voided", "void", "storniert", "abgebrochen",
            "キャンセル", "キャンセル済み", "交易关闭", "已取消", "已关闭",
            "(删除)等待出库",
        ),
        _S.CANCELLED,
    ),
    **dict.fromkeys(
        ("refunded", "erstattet", "返金済み", "退款成功", "已退款"), _S.REFUNDED
    ),
    **dict.fromkeys(("failed", "fehlgeschlagen", "失敗", "支付失败"), _S.FAILED),
}  # fmt: skip
