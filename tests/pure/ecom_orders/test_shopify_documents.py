"""Every query and mutation for Shopify is valid in every version that we speak.

Against the official schemas beside the project; without them only the syntax counts.
"""

import gzip
from pathlib import Path

import pytest
from ecom_orders.marketplaces.shopify import documents
from ecom_orders.marketplaces.shopify.api import NEWEST_VERSION
from graphql import build_schema, parse, validate

SPECS = Path(__file__).parents[4] / "shared" / "specs" / "shopify"
SCHEMAS = {
    path.name.removeprefix("admin-")[:7]: path
    for path in sorted(SPECS.glob("admin-*.graphql*"))
}
DOCUMENTS = sorted(documents.all_documents(NEWEST_VERSION))


@pytest.fixture(scope="module", params=sorted(SCHEMAS) or [None])
def schema(request):
    """The official schema of a version, and the version."""
    if request.param is None:
        pytest.skip("no schema of Shopify beside the project")
    path = SCHEMAS[request.param]
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
    return build_schema(text, assume_valid=True), request.param


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_valid_in_the_official_schema(schema, name):
    official, version = schema
    text = documents.all_documents(version)[name]
    assert validate(official, parse(text)) == []


def test_a_field_that_does_not_exist_would_be_found(schema):
    """The check above can fail."""
    official, _version = schema
    text = documents.SHOP.replace("ianaTimezone", "noSuchField")
    (error,) = validate(official, parse(text))
    assert "noSuchField" in error.message


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_can_be_parsed(name):
    assert parse(documents.all_documents(NEWEST_VERSION)[name]).definitions


@pytest.mark.parametrize(
    ("version", "idempotent"),
    [("2025-10", False), ("2026-01", True), ("2026-04", True), ("2026-07", True)],
)
def test_the_idempotency_key_goes_where_the_version_has_it(version, idempotent):
    for build in (documents.set_quantities, documents.create_refund):
        assert ("@idempotent(key: $key)" in build(version)) is idempotent
        assert ("$key: String!" in build(version)) is idempotent


def test_a_bulk_query_has_no_connection_inside_of_a_list():
    """Bulk exports refuse it: refunds are only announced there."""
    text = documents.bulk_orders(documents.ALL_PARTS, "")
    assert "refundLineItems" not in text
    assert "first:" not in text
    assert "pageInfo" not in text
