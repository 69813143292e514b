"""Files, step "what columns mean": guesses by name and content, and what is saved."""

import json

import pytest
from ecom_orders.marketplaces.file import (
    FIELDS,
    FileUnreadable,
    Mapping,
    suggest_mapping,
)
from ecom_orders.marketplaces.file.names import NAMES
from ecom_orders.marketplaces.file.suggestions import plain
from ecom_orders.marketplaces.schema import OrderStatus


def guess(header, *rows):
    return suggest_mapping(tuple(header.split(",")), rows)


def columns(header, *rows):
    return dict(guess(header, *rows).mapping.columns)


# -- by name ---------------------------------------------------------------------------


def test_every_name_stands_for_a_field_and_for_one_only():
    assert set(NAMES) <= set(FIELDS)
    fields = {}
    for field, names in NAMES.items():
        for name in names:
            assert fields.setdefault(plain(name), field) == field, name


def test_english():
    assert columns("Order Number,Order Date,SKU,Qty,Unit Price,City,Country") == {
        "Order Number": "number",
        "Order Date": "created_at",
        "SKU": "line.sku",
        "Qty": "line.quantity",
        "Unit Price": "line.unit_price",
        "City": "ship_to.city",
        "Country": "ship_to.country",
    }


def test_german():
    header = "Bestellnummer,Bestelldatum,Artikelnummer,Menge,Einzelpreis,PLZ,Ort,Porto"
    assert columns(header) == {
        "Bestellnummer": "number",
        "Bestelldatum": "created_at",
        "Artikelnummer": "line.sku",
        "Menge": "line.quantity",
        "Einzelpreis": "line.unit_price",
        "PLZ": "ship_to.zip",
        "Ort": "ship_to.city",
        "Porto": "shipping",
    }


def test_japanese():
    header = "注文番号,注文日時,お届け先氏名,郵便番号,住所,商品コード,数量,単価,送料"
    assert columns(header) == {
        "注文番号": "number",
        "注文日時": "created_at",
        "お届け先氏名": "ship_to.name",
        "郵便番号": "ship_to.zip",
        "住所": "ship_to.street",
        "商品コード": "line.sku",
        "数量": "line.quantity",
        "単価": "line.unit_price",
        "送料": "shipping",
    }


@pytest.mark.parametrize(
    ("header", "form", "expected"),
    [
        (
            "Name,Email,Financial Status,Currency,Total,Lineitem name,Lineitem sku,"
            "Lineitem quantity,Lineitem price,Shipping Name,Created at",
            "shopify",
            {"Name": "number", "Shipping Name": "ship_to.name",
             "Lineitem price": "line.unit_price", "Total": "total"},
        ),
        (
            "order-id,order-item-id,purchase-date,buyer-name,sku,product-name,"
            "quantity-purchased,recipient-name,ship-address-1,ship-country",
            "amazon",
            {"order-id": "number", "order-item-id": "line.id",
             "quantity-purchased": "line.quantity", "recipient-name": "ship_to.name"},
        ),
        (
            "amazon-order-id,merchant-order-id,purchase-date,last-updated-date,"
            "order-status,fulfillment-channel,sku,quantity,currency,item-price,item-tax",
            "amazon",
            {"amazon-order-id": "number", "last-updated-date": "updated_at",
             "fulfillment-channel": "fulfilled_by_channel", "item-price": "line.total"},
        ),
        (
            "Sales Record Number,Order Number,Buyer Username,Item Title,Custom Label,"
            "Quantity,Sold For,Shipping And Handling,Total Price,Ship To Country",
            "ebay",
            {"Custom Label": "line.sku", "Sold For": "line.unit_price",
             "Total Price": "total", "Ship To Country": "ship_to.country"},
        ),
        (
            "Sale Date,Item Name,Buyer,Quantity,Price,Order ID,Transaction ID,"
            "Listing ID,Ship Name,Ship Country,SKU,Currency",
            "etsy",
            {"Sale Date": "created_at", "Price": "line.unit_price",
             "Order ID": "number", "Transaction ID": "line.id"},
        ),
        (
            "订单编号,买家会员名,买家应付邮费,总金额,买家实际支付金额,订单状态,收货人姓名,"
            "收货地址,联系手机,订单创建时间,宝贝标题,物流单号,物流公司",
            "taobao",
            {"订单编号": "number", "收货地址": "ship_to.street",
             "订单创建时间": "created_at", "物流单号": "line.tracking_number"},
        ),
        (
            "订单号,商品ID,商品名称,订购数量,京东价,订单金额,订单状态,下单时间,客户姓名",
            "jd",
            {"订单号": "number", "京东价": "line.unit_price", "下单时间": "created_at"},
        ),
        (
            "商品,订单号,订单状态,商品总价(元),商家实收金额(元),商品数量(件),收货人,手机,省,市,"
            "商家编码-规格维度,快递单号",
            "pinduoduo",
            {"订单号": "number", "商品": "line.name", "收货人": "ship_to.name",
             "商家编码-规格维度": "line.sku", "商品数量(件)": "line.quantity"},
        ),
    ],
)  # fmt: skip
def test_exports_of_shops_and_marketplaces(header, form, expected):
    found = guess(header)
    assert found.format == form
    assert {c: found.mapping.columns.get(c) for c in expected} == expected


def test_a_field_is_of_one_column_the_surest():
    found = guess("My order number,Order number,SKU")
    assert found.mapping.columns == {"Order number": "number", "SKU": "line.sku"}
    assert found.confidence["Order number"] > 0.9


def test_a_name_within_a_name_is_less_sure():
    found = guess("Our order number,SKU")
    assert found.mapping.columns["Our order number"] == "number"
    assert 0.5 < found.confidence["Our order number"] < 0.9


def test_what_nobody_knows_is_not_guessed():
    assert columns("Foo,Bar,Warehouse shelf") == {}


# -- by content ------------------------------------------------------------------------


def test_the_decimal_mark():
    header = "Order number,Unit price"
    assert guess(header, ("1", "12,50"), ("2", "1.234,00")).mapping.decimal == ","
    assert guess(header, ("1", "12.50"), ("2", "1,234.00")).mapping.decimal == "."
    assert guess(header, ("1", "12"), ("2", "7")).mapping.decimal == "."


@pytest.mark.parametrize(
    ("dates", "form"),
    [
        (("13.04.2026", "01.05.2026"), "%d.%m.%Y"),
        (("13/04/2026", "01/05/2026"), "%d/%m/%Y"),
        (("04/13/2026", "05/01/2026"), "%m/%d/%Y"),
        (("13.04.2026 10:30", "01.05.2026 09:00"), "%d.%m.%Y %H:%M"),
        (("04/13/26 10:30", "05/01/26 09:00"), "%m/%d/%y %H:%M"),
    ],
)
def test_the_order_of_day_and_month_by_the_cells_that_tell(dates, form):
    rows = [(str(n), text) for n, text in enumerate(dates)]
    assert guess("Order number,Order date", *rows).mapping.date_formats[0] == form


def test_times_that_begin_with_the_year_need_no_format():
    found = guess("Order number,Order date", ("1", "2026-03-01 10:00:00"))
    assert found.mapping.date_formats == ()


def test_a_column_whose_cells_do_not_fit_its_name_is_doubted():
    good = guess("Order number,Quantity", ("1", "2"))
    doubted = guess("Order number,Quantity", ("1", "a dozen"))
    assert doubted.confidence["Quantity"] < good.confidence["Quantity"] / 1.5


def test_words_of_statuses_in_all_languages():
    rows = [(str(n), word) for n, word in enumerate(
        ("Paid", "versendet", "キャンセル", "买家已付款，等待卖家发货", "who knows")
    )]  # fmt: skip
    assert guess("Order number,Status", *rows).mapping.statuses == {
        "paid": "open",
        "versendet": "completed",
        "キャンセル": "cancelled",
        "买家已付款，等待卖家发货": "open",
    }


def test_the_currency_by_the_sign_when_there_is_but_one():
    header = "Order number,Unit price"
    assert guess(header, ("1", "5,00 €")).mapping.constants == {"currency": "EUR"}
    assert guess(header, ("1", "€5"), ("2", "$5")).mapping.constants == {}


def test_shopify_tells_by_its_sums_whether_prices_have_the_tax_in_them():
    header = "Name,Financial Status,Lineitem name,Subtotal,Shipping,Taxes,Total"
    on_top = ("#1", "paid", "Mug", "30.00", "5.00", "2.10", "37.10")
    within = ("#1", "paid", "Mug", "30.00", "5.00", "2.10", "35.00")
    assert not guess(header, on_top).mapping.prices_include_tax
    assert guess(header, within).mapping.prices_include_tax


@pytest.mark.parametrize("rows", [(), ((),), (("",),), (("x",) * 50,)])
def test_any_rows_can_be_looked_at(rows):
    assert guess("Order number,Order date,Quantity", *rows).mapping.columns


# -- saved -----------------------------------------------------------------------------

GOOD = Mapping(
    columns={"No": "number", "Price": "line.total"},
    constants={"currency": "EUR"},
    statuses={"paid": "open"},
    date_formats=("%d.%m.%Y",),
    timezone="Europe/Berlin",
)


def test_a_mapping_is_the_same_after_being_stored():
    stored = json.loads(json.dumps(GOOD.as_json()))
    assert Mapping.of_json(stored) == GOOD
    assert Mapping.of_json(stored).digest == GOOD.digest
    assert Mapping.of_json({**stored, "decimal": ","}).digest != GOOD.digest


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"columns": {"No": "nonsense"}}, "mapping"),
        ({"columns": {"Price": "line.total"}}, "missing_number"),
        ({"columns": ["No"]}, "mapping"),
        ({"columns": {"No": 7}}, "mapping"),
        ({"constants": {"nonsense": "x"}}, "mapping"),
        ({"statuses": {"paid": "nonsense"}}, "mapping"),
        ({"decimal": "'"}, "mapping"),
        ({"delimiter": ";;"}, "mapping"),
        ({"date_formats": "%d"}, "mapping"),
        ({"timezone": "Atlantis/Poseidonis"}, "time_zone"),
        ({"timezone": "+99:00"}, "time_zone"),
        ({"timezone": "../../etc/passwd"}, "time_zone"),
        ({"timezone": 8}, "mapping"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused(changes, reason):
    with pytest.raises(FileUnreadable) as caught:
        Mapping.of_json({**GOOD.as_json(), **changes})
    assert caught.value.details["reason"] == reason


@pytest.mark.parametrize("data", [None, [], "x", 7, {}])
def test_rubbish_is_no_mapping(data):
    with pytest.raises(FileUnreadable):
        Mapping.of_json(data)


def test_statuses_of_a_mapping_are_those_of_the_schema():
    assert Mapping.of_json(
        {**GOOD.as_json(), "statuses": {s.name.lower(): s.value for s in OrderStatus}}
    )
