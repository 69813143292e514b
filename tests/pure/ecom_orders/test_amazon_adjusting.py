"""Amazon: orders called off and money given back by feeds, and what became of them."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest
from amazon_seller import Seller
from ecom_orders.marketplaces import errors
from ecom_orders.marketplaces.amazon.order_feeds import read_report
from ecom_orders.marketplaces.reading import parse_json
from ecom_orders.marketplaces.schema import (
    LineKind,
    RefundRequest,
    RefundRequestLine,
)

D = Decimal


@pytest.fixture
def seller():
    with Seller() as running:
        yield running


def settled(connector, result):
    """What became of a feed, once it is done."""
    for _ in range(5):
        answer = connector.fetch_submission(result.submission)
        if answer.done:
            return answer
    raise AssertionError("the feed does not end")


def uploads(seller):
    """The feeds that were handed over, as XML."""
    return [
        ET.fromstring(exchange.request.body)
        for exchange in seller.transport.exchanges
        if exchange.request.operation == "feeds.upload"
    ]


def known(connector, order_id):
    """The order as the feed of orders tells it."""
    body = connector.fetch_order(order_id).body
    return connector.normalise_order(parse_json(body))


def gross(line):
    return line.total + line.total_tax


# -- cancelling ------------------------------------------------------------------------


def test_what_was_accepted_is_not_applied_until_the_report_says_so(seller):
    order_id = seller.place()
    connector = seller.connector()
    result = connector.cancel_order(order_id, "sold out")
    assert result.submission
    assert not connector.fetch_submission(result.submission).done
    assert seller.order(order_id).status == "processing"
    answer = settled(connector, result)
    assert (answer.done, answer.error) == (True, "")
    assert seller.order(order_id).status == "cancelled"


def test_the_feed_names_every_item_and_goes_to_the_orders_marketplace(seller):
    order_id = seller.place("amazon_de")
    connector = seller.connector()
    connector.cancel_order(order_id, "sold out")
    (root,) = uploads(seller)
    body = root.find("Message/OrderAcknowledgement")
    assert root.findtext("Header/MerchantIdentifier") == connector.credentials.account
    assert root.findtext("MessageType") == "OrderAcknowledgement"
    assert body.findtext("AmazonOrderID") == order_id
    assert body.findtext("StatusCode") == "Failure"
    assert len(body.findall("Item")) == len(seller.order(order_id).lines)
    (sent,) = [
        exchange.request.json
        for exchange in seller.transport.exchanges
        if exchange.request.operation == "feeds.createFeed"
    ]
    assert sent["marketplaceIds"] == ["A1PA6795UKMFR9"]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("out of stock", "NoInventory"),
        ("The customer changed their mind", "BuyerCanceled"),
        ("", "GeneralAdjustment"),
        ("<&>", "GeneralAdjustment"),
    ],
)
def test_the_reason_is_the_nearest_word_of_amazons(seller, words, reason):
    seller.connector().cancel_order(seller.place(), words)
    (root,) = uploads(seller)
    found = {node.text for node in root.iter("CancelReason")}
    assert found == {reason}


def test_an_order_of_which_something_has_left_cannot_be_called_off(seller):
    for scenario in ("amazon_us", "amazon_us_fba"):
        order_id = seller.place(scenario)
        seller.world.ship(seller.order(order_id).id, tracking="T1")
        with pytest.raises(errors.AlreadyDone):
            seller.connector().cancel_order(order_id)


def test_what_amazon_ships_cannot_be_called_off_here(seller):
    with pytest.raises(errors.AlreadyDone):
        seller.connector().cancel_order(seller.place("amazon_us_fba"))


def test_an_order_that_left_while_the_feed_waited_is_told_as_refused(seller):
    order_id = seller.place()
    connector = seller.connector()
    result = connector.cancel_order(order_id)
    seller.world.ship(seller.order(order_id).id, tracking="T1")
    answer = settled(connector, result)
    assert "SHIPPED" in answer.error
    assert seller.order(order_id).status == "completed"


def test_a_second_feed_for_a_cancelled_order_is_no_failure(seller):
    order_id = seller.place()
    connector = seller.connector()
    results = [connector.cancel_order(order_id) for _time in range(2)]
    assert [settled(connector, result).error for result in results] == ["", ""]


# -- money back ------------------------------------------------------------------------


def request(order, amount, *lines, **values):
    return RefundRequest(
        "credit/1",
        order.external_id,
        D(amount),
        order.currency,
        tuple(RefundRequestLine(key, D(1), D(share)) for key, share in lines),
        **values,
    )


def components(seller):
    """Amounts of the last refund feed: by item, type and currency."""
    return [
        (
            item.findtext("AmazonOrderItemCode"),
            part.findtext("Type"),
            D(part.findtext("Amount")),
        )
        for item in uploads(seller)[-1].iter("AdjustedItem")
        for part in item.iter("Component")
    ]


def test_money_goes_back_once_the_report_says_so(seller):
    connector = seller.connector()
    order = known(connector, seller.place())
    result = connector.push_refund(request(order, "1.00"))
    assert seller.world.refunded(seller.order(order.external_id).id) == 0
    assert settled(connector, result).error == ""
    assert seller.world.refunded(seller.order(order.external_id).id) == D("1.00")


def test_tax_that_is_added_goes_back_in_the_proportion_of_the_line(seller):
    connector = seller.connector()
    order = known(connector, seller.place())
    line = order.lines[0]
    connector.push_refund(request(order, gross(line), (line.external_id, gross(line))))
    assert components(seller) == [
        (line.external_id, "Principal", line.total),
        (line.external_id, "Tax", line.total_tax),
    ]


def test_tax_inside_of_prices_goes_back_inside_of_the_amount(seller):
    connector = seller.connector()
    order = known(connector, seller.place("amazon_de"))
    line = order.lines[0]
    assert line.total_tax
    connector.push_refund(request(order, gross(line), (line.external_id, gross(line))))
    assert components(seller) == [(line.external_id, "Principal", gross(line))]


def test_what_names_no_line_is_taken_from_delivery_first(seller):
    connector = seller.connector()
    order = known(connector, seller.place("amazon_de"))
    (delivery,) = [row for row in order.lines if row.kind is LineKind.SHIPPING]
    goods = order.lines[0]
    amount = gross(delivery) + D("0.30")
    connector.push_refund(request(order, amount))
    assert components(seller) == [
        (goods.external_id, "Shipping", gross(delivery)),
        (goods.external_id, "Principal", D("0.30")),
    ]


def test_every_cent_of_a_refund_is_in_the_feed(seller):
    connector = seller.connector()
    for scenario in ("amazon_us", "amazon_us_promotion", "amazon_us_gift", "amazon_jp"):
        order = known(connector, seller.place(scenario))
        connector.push_refund(request(order, order.total))
        assert sum(amount for *_names, amount in components(seller)) == order.total


def test_key_and_reason_are_told(seller):
    connector = seller.connector()
    order = known(connector, seller.place())
    connector.push_refund(request(order, "1.00", restock=True))
    (root,) = uploads(seller)
    assert {n.text for n in root.iter("MerchantAdjustmentItemID")} == {"credit/1"}
    assert {n.text for n in root.iter("AdjustmentReason")} == {"CustomerReturn"}


def test_a_second_refund_of_the_same_amount_is_another_one_when_the_first_is_known(
    seller,
):
    connector = seller.connector()
    order = known(connector, seller.place())
    settled(connector, connector.push_refund(request(order, "1.00")))
    assert connector.push_refund(request(order, "1.00")).repeated
    second = request(order, "1.00", given_back=D("1.00"))
    settled(connector, connector.push_refund(second))
    assert seller.world.refunded(seller.order(order.external_id).id) == D("2.00")
    assert connector.push_refund(second).repeated


def test_money_that_went_back_elsewhere_stops_a_refund_for_a_person(seller):
    connector = seller.connector()
    order = known(connector, seller.place())
    seller.shop.refund_order(seller.order(order.external_id).id, amount="3.00")
    with pytest.raises(errors.AlreadyDone):
        connector.push_refund(request(order, "1.00"))
    assert "feeds.createFeed" not in seller.transport.operations()


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        ((("nothing", "1.00"),), errors.NotFound),
        ((("", "2.00"),), errors.RequestRefused),
    ],
)
def test_a_refund_of_what_the_order_has_not_is_refused(seller, lines, error):
    connector = seller.connector()
    order = known(connector, seller.place())
    lines = [(key or order.lines[0].external_id, share) for key, share in lines]
    with pytest.raises(error):
        connector.push_refund(request(order, "1.00", *lines))


def test_a_refusal_of_amazons_is_told_in_its_words(seller):
    connector = seller.connector()
    order = known(connector, seller.place())
    result = connector.push_refund(request(order, order.total))
    seller.shop.refund_order(seller.order(order.external_id).id)  # meanwhile
    assert "Invalid refund amount" in settled(connector, result).error


# -- an answer that is lost ------------------------------------------------------------


def lose_answer(seller, arrives):
    """The next feed is created, or not, and its answer never comes."""
    send = seller.transport.send

    def losing(asked):
        if asked.operation != "feeds.createFeed":
            return send(asked)
        if arrives:
            send(asked)
        raise errors.TimedOut("no answer", operation=asked.operation)

    seller.transport.send = losing


def test_a_feed_whose_answer_was_lost_is_found_and_not_sent_again(seller):
    connector = seller.connector()
    order = known(connector, seller.place())
    lose_answer(seller, arrives=True)
    result = connector.push_refund(request(order, "1.00"))
    assert settled(connector, result).error == ""
    assert seller.world.refunded(seller.order(order.external_id).id) == D("1.00")


def test_where_nobody_knows_whether_money_went_back_a_person_has_to_look(seller):
    connector = seller.connector()
    order = known(connector, seller.place())
    lose_answer(seller, arrives=False)
    with pytest.raises(errors.RequestRefused) as caught:
        connector.push_refund(request(order, "1.00"))
    assert caught.value.details["remote_code"] == "outcome_unknown"
    assert not caught.value.retriable


def test_the_feed_of_another_refund_is_not_taken_for_the_lost_one(seller):
    connector = seller.connector()
    first, second = (known(connector, seller.place()) for _time in range(2))
    connector.push_refund(request(first, "1.00"))
    lose_answer(seller, arrives=False)
    with pytest.raises(errors.RequestRefused):
        connector.push_refund(request(second, "1.00"))


def asked(refund, since, *others):
    """The refund as the outbox sends it."""
    told = tuple(result.submission for result in others)
    return replace(refund, asked_at=since, submissions=told)


@pytest.mark.parametrize("process", ["another", "same"])
def test_a_refund_whose_sender_could_not_keep_the_answer_is_not_sent_again(
    seller, process
):
    connector = seller.connector()
    since = seller.transport.clock.now()
    order = known(connector, seller.place())
    refund = asked(request(order, "1.00"), since)
    connector.push_refund(refund)  # killed, or the database rolled back
    sent = len(uploads(seller)) if process == "same" else 0  # of another transport
    again = connector if process == "same" else seller.connector()
    with pytest.raises(errors.RequestRefused) as caught:
        again.push_refund(refund)
    assert caught.value.details["remote_code"] == "outcome_unknown"
    assert not caught.value.retriable
    assert len(uploads(seller)) == sent


def test_a_refund_goes_out_beside_others_that_are_known(seller):
    connector = seller.connector()
    since = seller.transport.clock.now()
    first, second = (known(connector, seller.place()) for _time in range(2))
    told = connector.push_refund(asked(request(first, "1.00"), since))
    later = seller.connector()  # another process, which did not send the first
    result = later.push_refund(asked(request(second, "2.00"), since, told))
    assert settled(later, result).error == ""
    assert seller.world.refunded(seller.order(second.external_id).id) == D("2.00")


def test_a_person_who_looked_sends_a_doubtful_refund_again(seller):
    connector = seller.connector()
    order = known(connector, seller.place())
    since = seller.transport.clock.now()
    connector.push_refund(asked(request(order, "1.00"), since))
    looked = since + timedelta(hours=1)
    result = seller.connector().push_refund(asked(request(order, "1.00"), looked))
    assert result.submission


# -- reports ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"<a>",
        b"<a/>",
        b"<AmazonEnvelope><ProcessingReport/></AmazonEnvelope>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    ],
)
def test_a_report_that_tells_nothing_is_a_bad_answer(body):
    with pytest.raises(errors.BadAnswer):
        read_report(body)


def test_a_report_without_an_error_that_carried_out_nothing_is_no_success():
    body = (
        b"<ProcessingReport><ProcessingSummary><MessagesSuccessful>0"
        b"</MessagesSuccessful></ProcessingSummary></ProcessingReport>"
    )
    assert read_report(body).startswith("not_taken")


@pytest.mark.parametrize("submission", ["cancel", "refund 1", "cancel 1 2 3", "x 1 2"])
def test_what_is_no_submission_is_not_found(seller, submission):
    with pytest.raises(errors.NotFound):
        seller.connector().fetch_submission(submission)
