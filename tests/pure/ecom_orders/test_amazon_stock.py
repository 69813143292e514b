"""Amazon's listings and quantities: reports, patches, feeds, what became of them."""

import gzip
import json
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from amazon_seller import ScriptedTransport, Seller, credentials_for
from ecom_orders.marketplaces import errors
from ecom_orders.marketplaces.amazon import AmazonConnector
from ecom_orders.marketplaces.amazon.documents import unzip
from ecom_orders.marketplaces.amazon.listings import (
    Family,
    read_family,
    read_report,
)
from ecom_orders.marketplaces.amazon.stock import FEW, read_processing_report
from ecom_orders.marketplaces.schema import StockLevel, StockResult
from ecom_orders.marketplaces.transport import Headers

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=timezone.utc)
US = "ATVPDKIKX0DER"


@pytest.fixture
def seller():
    with Seller() as running:
        yield running


def scripted(**answers):
    answers = {name.replace("__", "."): value for name, value in answers.items()}
    transport = ScriptedTransport(answers, now=NOW)
    credentials = credentials_for("https://amazon.example", marketplaces=(US,))
    return AmazonConnector(credentials, transport), transport


def listing(sku, *channels):
    return {
        "sku": sku,
        "fulfillmentAvailability": list(channels),
        "productTypes": [{"marketplaceId": US, "productType": "LUGGAGE"}],
    }


def own(quantity):
    return {"fulfillmentChannelCode": "DEFAULT", "quantity": quantity}


AMAZON = {"fulfillmentChannelCode": "AMAZON_NA"}
ACCEPTED = (200, {"sku": "A", "status": "ACCEPTED", "submissionId": "s"})


def level(sku, quantity=3):
    return StockLevel(sku, sku, quantity)


# -- the report ------------------------------------------------------------------------


REPORT = (
    "item-name\tseller-sku\tprice\tquantity\tproduct-id-type\tproduct-id\t"
    "fulfillment-channel\tstatus\r\n"
    'Mug "large"\tMUG\t12.50\t7\t4\t4006381333931\tDEFAULT\tActive\r\n'
    "Cup\tCUP\t\t\t1\tB000000001\tAMAZON_EU\tInactive\r\n"
    "No SKU\t\t1.00\t1\t1\tB2\tDEFAULT\tActive\r\n"
)


def test_a_listing_report_becomes_products():
    ((mug, cup),) = read_report(REPORT.encode(), Headers(), "DE")
    assert (mug.product_ref, mug.sku, mug.name) == ("MUG", "MUG", 'Mug "large"')
    assert (mug.price, mug.stock, mug.manages_stock) == (Decimal("12.50"), 7, True)
    assert mug.barcode == "4006381333931"
    assert mug.active
    assert (cup.price, cup.stock, cup.manages_stock) == (None, None, False)
    assert (cup.barcode, cup.active) == ("", False)


@pytest.mark.parametrize(
    ("charset", "country", "told"),
    [
        ("utf-8", "DE", ""),
        ("cp1252", "DE", ""),
        ("cp932", "JP", ""),
        ("iso-8859-1", "GB", "text/plain; charset=ISO-8859-1"),
        ("utf-8", "DE", "text/plain; charset=no-such-charset"),
    ],
)
def test_the_character_set_is_found(charset, country, told):
    name = "マグカップ" if country == "JP" else "Tässchen"
    body = f"item-name\tseller-sku\tquantity\n{name}\tA\t1\n".encode(charset)
    ((row,),) = read_report(body, Headers({"Content-Type": told}), country)
    assert row.name == name


def test_a_carriage_return_or_a_very_long_name_breaks_no_listing_report():
    name = "torn\r here " + "x" * 200_000
    body = f"item-name\tseller-sku\tquantity\n{name}\tMUG\t5\r\nCup\tCUP\t2\r\n"
    ((mug, cup),) = read_report(body.encode(), Headers(), "DE")
    assert (mug.sku, mug.stock, cup.sku) == ("MUG", 5, "CUP")
    assert mug.name.startswith("torn\r here xx")


def test_a_report_without_its_columns_is_a_bad_answer():
    with pytest.raises(errors.BadAnswer):
        list(read_report(b"a\tb\n1\t2\n", Headers(), "DE"))


def test_a_cancelled_report_has_no_listings():
    made, _transport = scripted(
        reports__createReport=(202, {"reportId": "1"}),
        reports__getReport=(200, {"processingStatus": "CANCELLED"}),
    )
    assert list(made.fetch_products()) == []


def test_a_report_that_failed_is_an_error():
    made, _transport = scripted(
        reports__createReport=(202, {"reportId": "1"}),
        reports__getReport=(200, {"processingStatus": "FATAL"}),
    )
    with pytest.raises(errors.RequestRefused):
        list(made.fetch_products())


def test_a_report_that_does_not_end_is_given_up():
    made, transport = scripted(
        reports__createReport=(202, {"reportId": "1"}),
        reports__getReport=(200, {"processingStatus": "IN_PROGRESS"}),
    )
    with pytest.raises(errors.TimedOut):
        list(made.fetch_products())
    assert 600 < sum(transport.clock.slept) < 3_600


def test_a_report_is_asked_for_once_only(seller):
    """Not idempotent: each question makes another report."""
    list(seller.connector(marketplaces=(US,)).fetch_products())
    (created,) = [
        e.request
        for e in seller.transport.exchanges
        if e.request.operation == "reports.createReport"
    ]
    assert not created.is_repeatable


def test_a_sku_in_several_marketplaces_comes_once(seller):
    rows = [row for page in seller.connector().fetch_products() for row in page]
    refs = [row.product_ref for row in rows]
    assert len(refs) == len(set(refs))
    operations = seller.transport.operations()
    assert operations.count("reports.createReport") == 4


def test_what_lies_with_amazon_is_not_ours_to_count(seller):
    rows = [row for page in seller.connector().fetch_products() for row in page]
    foreign = [row for row in rows if not row.manages_stock]
    assert foreign
    assert {row.stock for row in foreign} == {None}


# -- files -----------------------------------------------------------------------------


def test_a_compressed_document_is_unpacked():
    assert unzip(gzip.compress(b"one") + gzip.compress(b"two")) == b"onetwo"


def test_a_document_that_is_cut_or_damaged_is_a_bad_answer():
    whole = gzip.compress(b"a" * 1_000)
    for body in (whole[:-10], whole[:5], b"\x1f\x8b" + b"rubbish" * 9):
        with pytest.raises(errors.BadAnswer):
            unzip(body)


def test_a_bomb_is_not_unpacked():
    bomb = gzip.compress(b"0" * 1_000)
    assert len(unzip(bomb, limit=1_000)) == 1_000
    with pytest.raises(errors.BadAnswer, match="too large"):
        unzip(bomb, limit=999)


# -- patches ---------------------------------------------------------------------------


def test_a_few_levels_are_patched_with_the_listings_product_type():
    made, transport = scripted(
        listings__searchListingsItems=(200, {"items": [listing("A", own(1))]}),
        listings__patchListingsItem=ACCEPTED,
    )
    (result,) = made.push_stock([level("A", 9)])
    assert (result.error, bool(result.submission)) == ("", True)
    (sent,) = transport.sent("listings.patchListingsItem")
    assert sent.url.endswith("/items/acc_simulator/A")
    assert sent.json == {
        "productType": "LUGGAGE",
        "patches": [
            {
                "op": "replace",
                "path": "/attributes/fulfillment_availability",
                "value": [{"fulfillment_channel_code": "DEFAULT", "quantity": 9}],
            }
        ],
    }
    assert sent.is_repeatable  # absolute quantities


def test_a_sku_is_made_safe_for_the_path():
    sku = "A/B ü,%2F"
    made, transport = scripted(
        listings__getListingsItem=(200, listing(sku, own(1))),
        listings__patchListingsItem=ACCEPTED,
    )
    made.push_stock([level(sku)])
    (sent,) = transport.sent("listings.patchListingsItem")
    assert sent.url.endswith("/items/acc_simulator/A%2FB%20%C3%BC%2C%252F")


def test_a_listing_is_patched_where_it_is_listed():
    places = [{"marketplaceId": US}, {"marketplaceId": "A2EUQ1WTGCTBG2"}]
    row = {**listing("A", own(1)), "summaries": places}
    made, transport = scripted(
        listings__searchListingsItems=(200, {"items": [row]}),
        listings__patchListingsItem=ACCEPTED,
    )
    made.push_stock([level("A")])
    (sent,) = transport.sent("listings.patchListingsItem")
    assert dict(sent.query)["marketplaceIds"] == f"{US},A2EUQ1WTGCTBG2"


@pytest.mark.parametrize("channels", [[AMAZON], [own(0), AMAZON]])
def test_stock_that_lies_with_amazon_is_never_written(channels):
    made, transport = scripted(
        listings__searchListingsItems=(200, {"items": [listing("A", *channels)]})
    )
    (result,) = made.push_stock([level("A")])
    assert result.error.startswith("not_tracked")
    assert transport.sent("listings.patchListingsItem") == []


def test_unknown_listings_and_bad_levels_are_told_without_a_patch():
    made, transport = scripted(listings__searchListingsItems=(200, {"items": []}))
    levels = [level("A"), level("B", -1), level("C" * 41), level("")]
    errors_by_ref = {r.product_ref: r.error for r in made.push_stock(levels)}
    assert errors_by_ref["A"].startswith("unknown_listing")
    assert errors_by_ref["B"].startswith("bad_quantity")
    assert errors_by_ref["C" * 41].startswith("bad_reference")
    assert errors_by_ref[""].startswith("bad_reference")
    (search,) = transport.sent("listings.searchListingsItems")
    assert dict(search.query)["identifiers"] == "A"


def test_one_refused_patch_does_not_stop_the_next():
    refused = {"errors": [{"code": "BAD_REQUEST", "message": "Invalid input"}]}
    made, _transport = scripted(
        listings__searchListingsItems=(
            200,
            {"items": [listing("A", own(1)), listing("B", own(1))]},
        ),
        listings__patchListingsItem=[(400, refused), ACCEPTED],
    )
    one, other = made.push_stock([level("A"), level("B")])
    assert one.error == "BAD_REQUEST: Invalid input"
    assert (other.error, bool(other.submission)) == ("", True)


def test_a_patch_is_done_when_amazon_shows_the_quantity():
    made, _transport = scripted(
        listings__searchListingsItems=[
            (200, {"items": [listing("A", own(1))]}),
            (200, {"items": [listing("A", own(9))]}),
        ],
    )
    submission = f"patch {NOW.isoformat()} 9 A"
    assert not made.fetch_submission(submission).done
    outcome = made.fetch_submission(submission)
    assert outcome.done
    assert outcome.results == (StockResult("A", current=9),)


def test_a_patch_that_is_not_seen_in_time_was_not_taken():
    made, _transport = scripted(
        listings__searchListingsItems=(200, {"items": [listing("A", own(1))]})
    )
    sent_at = NOW - timedelta(hours=1)
    outcome = made.fetch_submission(f"patch {sent_at.isoformat()} 9 A")
    assert outcome.done
    (result,) = outcome.results
    assert result.error == "not_taken: Amazon shows 1"
    assert result.current == 1


@pytest.mark.parametrize(
    "text", ["", "feed ", "patch", "patch x y", "patch x 1 A", "job 1"]
)
def test_what_is_no_submission_of_ours(text):
    made, _transport = scripted(listings__searchListingsItems=(200, {"items": []}))
    with pytest.raises(errors.NotFound):
        made.fetch_submission(text)


# -- feeds -----------------------------------------------------------------------------


def test_many_levels_go_as_one_feed_and_are_applied_later(seller):
    connector = seller.connector(marketplaces=(US,))
    rows = [row for page in connector.fetch_products() for row in page]
    refs = [row.product_ref for row in rows if row.manages_stock][: FEW + 3]
    results = connector.push_stock([level(ref, 77) for ref in refs])
    (submission,) = {result.submission for result in results}
    assert seller.transport.operations().count("feeds.createFeed") == 1
    assert "listings.patchListingsItem" not in seller.transport.operations()
    stock = seller.shop.stock()
    assert not [ref for ref in refs if stock[ref] == 77]  # accepted is not applied
    for _time in range(5):
        outcome = connector.fetch_submission(submission)
        if outcome.done:
            break
    assert outcome.done
    assert {
        r.product_ref: (r.error, r.current) for r in outcome.results
    } == dict.fromkeys(refs, ("", 77))
    stock = seller.shop.stock()
    assert [stock[ref] for ref in refs] == [77] * len(refs)


def test_a_feed_is_never_sent_twice_by_itself(seller):
    connector = seller.connector(marketplaces=(US,))
    refs = ["MUG-RED", "MUG-BLU", "BOWL-OAK", "TEAPOT-1L", "KNIFE-CHEF", "APRON-LIN"]
    connector.push_stock([level(ref) for ref in refs])
    (created,) = [
        e.request
        for e in seller.transport.exchanges
        if e.request.operation == "feeds.createFeed"
    ]
    assert not created.is_repeatable


def test_issues_of_a_processing_report_are_told_by_sku():
    report = {
        "issues": [
            {"sku": "A", "code": "90220", "severity": "ERROR", "message": "Missing"},
            {"sku": "B", "code": "1", "severity": "WARNING", "message": "Well"},
        ],
        "items": [
            {"sku": "B", "fulfillmentAvailability": [own(4)]},
            {"sku": "C", "fulfillmentAvailability": [AMAZON]},
        ],
    }
    results = read_processing_report(json.dumps(report).encode())
    assert {r.product_ref: (r.error, r.current) for r in results} == {
        "A": ("90220: Missing", None),
        "B": ("", 4),
        "C": ("", None),
    }


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"{", b'{"issues": 5}'])
def test_a_processing_report_that_is_none_is_a_bad_answer(body):
    with pytest.raises(errors.BadAnswer):
        read_processing_report(body)


@pytest.mark.parametrize("status", ["FATAL", "CANCELLED"])
def test_a_feed_that_was_not_processed_ends_with_an_error(status):
    made, _transport = scripted(feeds__getFeed=(200, {"processingStatus": status}))
    outcome = made.fetch_submission("feed 1")
    assert outcome.done
    assert outcome.error.startswith(status)


# -- reading ---------------------------------------------------------------------------


def test_the_shown_quantities_of_the_sellers_own_stock():
    rows = [listing("A", own(4)), listing("B", AMAZON), listing("C")]
    made, _transport = scripted(listings__searchListingsItems=(200, {"items": rows}))
    ((row,),) = made.fetch_stock(["A", "B", "C"])
    assert row == StockLevel("A", "A", 4)


def test_listings_are_looked_up_twenty_at_a_time():
    made, transport = scripted(listings__searchListingsItems=(200, {"items": []}))
    list(made.fetch_stock([f"SKU-{n}" for n in range(45)]))
    sent = transport.sent("listings.searchListingsItems")
    sizes = [len(dict(request.query)["identifiers"].split(",")) for request in sent]
    assert sizes == [20, 20, 5]


# -- families --------------------------------------------------------------------------


def relation(**values):
    """A listing with one relationship."""
    return {
        "sku": "A",
        "relationships": [{"marketplaceId": "M", "relationships": [values]}],
        "attributes": {
            "color_name": [{"value": "Red", "marketplace_id": "M"}],
            "size": [{"value": 42}],
            "broken": "text",
        },
    }


THEME = {"attributes": ["color_name", "size", "broken"], "theme": "COLOR/SIZE"}


@pytest.mark.parametrize(
    ("row", "family"),
    [
        (
            relation(type="VARIATION", parentSkus=["P"], variationTheme=THEME),
            Family("P", (("Color", "Red"), ("Size", "42"))),
        ),
        (relation(type="VARIATION", childSkus=["B", "C"]), Family(is_parent=True)),
        (relation(type="PACKAGE_HIERARCHY", parentSkus=["P"]), None),
        (relation(type="VARIATION", parentSkus=[], variationTheme=THEME), None),
        (relation(type="VARIATION", parentSkus=["P"], variationTheme="odd"), None),
        ({"sku": "A"}, None),
    ],
)
def test_what_a_listing_is_a_variation_of(row, family):
    assert read_family(row) == family
