"""Files, step "tell": parcels for a shop that reads files."""

from datetime import datetime, timezone
from decimal import Decimal

from ecom_orders.marketplaces.file import export_shipments, read_table
from ecom_orders.marketplaces.schema import Shipment, ShipmentLine


def test_parcels_become_rows_that_can_be_read_again():
    shipped = datetime(2026, 3, 1, 10, tzinfo=timezone.utc)
    lines = (ShipmentLine("7", Decimal(1)), ShipmentLine("8", Decimal("2.5")))
    content = export_shipments(
        [
            Shipment(
                "p/1", "1001", "T1", "ups", "UPS", lines=lines, shipped_at=shipped
            ),
            Shipment("p/2", "1002", "T2", "dhl"),
        ]
    )
    assert [row.cells for row in read_table(content).rows] == [
        ("1001", "7", "1", "UPS", "T1", "", "2026-03-01 10:00:00"),
        ("1001", "8", "2.5", "UPS", "T1", "", "2026-03-01 10:00:00"),
        ("1002", "", "", "dhl", "T2", "", ""),
    ]


def test_no_cell_is_a_formula():
    content = export_shipments([Shipment("p/1", "=1+1", "@SUM(A1)", "-x")]).decode()
    assert "\r\n'=1+1,,,'-x,'@SUM(A1),," in content
