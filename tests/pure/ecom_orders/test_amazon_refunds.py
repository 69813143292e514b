"""Amazon's transactions: refunds found by order, amounts without Amazon's fees."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from amazon_seller import ScriptedTransport, Seller, credentials_for
from ecom_orders.marketplaces import errors
from ecom_orders.marketplaces.amazon import AmazonConnector
from ecom_orders.marketplaces.amazon.finances import normalise_refund
from ecom_orders.marketplaces.reading import parse_json
from ecom_orders.marketplaces.schema import RefundStatus

D = Decimal
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=timezone.utc)
ORDER_ID = "114-1234567-1234567"
LIST = "finances.listTransactions"


@pytest.fixture
def seller():
    with Seller() as running:
        yield running


def money(amount):
    return {"currencyAmount": D(amount), "currencyCode": "USD"}


def charge(kind, amount, *below):
    row = {"breakdownType": kind, "breakdownAmount": money(amount)}
    return {**row, "breakdowns": list(below)} if below else row


def transaction(**values):
    """40.00 and 2.90 tax go back to the buyer, 6.00 of fees to the seller."""
    item = {
        "description": "Mug",
        "totalAmount": money("-36.90"),
        "contexts": [
            {"contextType": "ProductContext", "sku": "MUG", "quantityShipped": 2}
        ],
        "breakdowns": [
            charge("ProductCharges", "-40.00", charge("OurPricePrincipal", "-40.00")),
            charge("Tax", "-2.90"),
            charge("AmazonFees", "6.00", charge("Commission", "6.00")),
        ],
    }
    return {
        "transactionId": "tx-1",
        "transactionType": "Refund",
        "transactionStatus": "RELEASED",
        "description": "Refund Order",
        "postedDate": "2026-03-01T09:00:00Z",
        "totalAmount": money("-36.90"),
        "relatedIdentifiers": [
            {"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": ORDER_ID},
            {"relatedIdentifierName": "REFUND_ID", "relatedIdentifierValue": "r-1"},
        ],
        "items": [item],
        **values,
    }


def test_a_refund_is_what_the_buyer_gets_not_what_the_seller_loses():
    refund = normalise_refund(transaction(), ORDER_ID)
    assert (refund.external_id, refund.order_id) == ("r-1", ORDER_ID)
    assert refund.amount == D("40.00") + D("2.90")
    (line,) = refund.lines
    assert (line.name, line.quantity) == ("MUG", 2)
    assert (line.total, line.total_tax) == (D("40.00"), D("2.90"))
    assert refund.status is RefundStatus.DONE
    assert refund.created_at == datetime(2026, 3, 1, 9, tzinfo=timezone.utc)


def test_without_items_the_transactions_own_total_counts():
    refund = normalise_refund(transaction(items=[]), ORDER_ID)
    assert refund.amount == D("36.90")
    assert refund.lines == ()


def test_breakdowns_at_the_transaction_count_where_the_items_have_none():
    """Expenses of 42.90 go to the buyer, sales of 6.00 are fees given back."""
    refund = normalise_refund(
        transaction(
            items=[
                {
                    "description": "Mug",
                    "breakdowns": None,
                    "totalAmount": money("-36.90"),
                }
            ],
            breakdowns=[
                charge("Sales", "6.00", charge("AmazonFees", "6.00")),
                charge(
                    "Expenses",
                    "-42.90",
                    charge("ProductCharges", "-40.00"),
                    charge("Tax", "-2.90"),
                ),
            ],
        ),
        ORDER_ID,
    )
    assert refund.amount == D("42.90")


def test_tax_that_amazon_had_withheld_is_no_money_of_the_buyers():
    item = {
        "breakdowns": [
            charge("ProductCharges", "-40.00"),
            charge("Tax", "-2.90"),
            charge("MarketplaceFacilitatorTax", "2.90"),
        ],
    }
    assert normalise_refund(transaction(items=[item]), ORDER_ID).amount == D("42.90")


def test_without_a_refund_id_the_transaction_names_it():
    refund = normalise_refund(transaction(relatedIdentifiers=[]), ORDER_ID)
    assert refund.external_id == "tx-1"


def test_a_deferred_refund_is_pending():
    refund = normalise_refund(transaction(transactionStatus="DEFERRED"), ORDER_ID)
    assert refund.status is RefundStatus.PENDING


@pytest.mark.parametrize(
    "change",
    [
        {"transactionId": None, "relatedIdentifiers": None},
        {"totalAmount": None},
        {"items": 5},
        {"items": [{"breakdowns": [charge("Tax", "1") | {"breakdownAmount": 5}]}]},
    ],
)
def test_what_is_no_refund_is_a_payload_error(change):
    with pytest.raises(errors.PayloadError):
        normalise_refund(transaction(**change), ORDER_ID)


def test_breakdowns_without_end_are_a_payload_error():
    nested = charge("Goods", "1")
    for _time in range(5_000):
        nested = charge("Goods", "1", nested)
    with pytest.raises(errors.PayloadError):
        normalise_refund(transaction(items=[{"breakdowns": [nested]}]), ORDER_ID)


def scripted(answers):
    transport = ScriptedTransport(answers, now=NOW)
    made = AmazonConnector(credentials_for("https://amazon.example"), transport)
    return made, transport


def test_only_refunds_of_the_order_are_taken_and_each_once():
    sale = transaction(transactionType="Shipment", relatedIdentifiers=[])
    first = {"payload": {"transactions": [sale], "nextToken": "T1"}}
    rows = [jsonable(transaction()), jsonable(transaction())]
    second = {"payload": {"transactions": rows}}
    made, transport = scripted({LIST: [(200, jsonable(first)), (200, second)]})
    (envelope,) = made.fetch_refunds(ORDER_ID)
    assert envelope.external_id == f"{ORDER_ID}/r-1"
    query = dict(transport.sent(LIST)[0].query)
    assert query["relatedIdentifierName"] == "ORDER_ID"
    assert query["relatedIdentifierValue"] == ORDER_ID


def jsonable(value):
    """The same with numbers that the json module can write."""
    if isinstance(value, dict):
        return {key: jsonable(part) for key, part in value.items()}
    if isinstance(value, list):
        return [jsonable(part) for part in value]
    return float(value) if isinstance(value, Decimal) else value


def test_an_application_without_the_finance_role_still_reads_orders():
    denied = {"errors": [{"code": "Unauthorized", "message": "Access is denied."}]}
    order = {"order": {"orderId": ORDER_ID}}
    made, _transport = scripted({LIST: (403, denied), "orders.getOrder": (200, order)})
    assert made.fetch_order(ORDER_ID).external_id == ORDER_ID


# -- against the simulated seller ------------------------------------------------------


def test_a_refunded_order_tells_its_refund_when_it_is_fetched(seller):
    order_id = seller.place()
    paid = seller.order(order_id).totals.total
    seller.shop.refund_order(seller.order(order_id).id)
    connector = seller.connector()
    order = connector.normalise_order(parse_json(connector.fetch_order(order_id).body))
    (refund,) = order.refunds
    assert refund.amount == paid
    assert order.total == paid


def test_all_transactions_since_a_moment(seller):
    order_id = seller.place()
    seller.shop.ship_order(seller.order(order_id).id)
    seller.shop.refund_order(seller.order(order_id).id)
    seller.wait()
    since = seller.world.clock.now() - timedelta(hours=1)
    pages = list(seller.connector().fetch_transactions(since))
    kinds = [
        row["transactionType"]
        for page in pages
        for row in page["payload"]["transactions"]
    ]
    assert sorted(kinds) == ["Refund", "Shipment"]
