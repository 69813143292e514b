"""What marketplaces know of an order beyond its lines: who ships it, who owes its tax,
whether the buyer may be known, whether it was a draft."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from odoo.tests import tagged

from odoo.addons.ecom_orders.marketplaces.schema import (
    Address,
    Attribution,
    Buyer,
    ExternalLine,
    ExternalOrder,
    LineKind,
    OrderStatus,
    Risk,
    TaxRate,
)

from .common import EcomOrdersCommon

MOMENT = datetime(2026, 3, 1, 10, 0, tzinfo=timezone.utc)


@tagged("post_install", "-at_install")
class TestImportFacts(EcomOrdersCommon):
    def external(self, key, taxes=None, rates=(), **facts):
        """An order of two mugs at 20.00, of a connector that tells everything."""
        taxes = {key: Decimal(amount) for key, amount in (taxes or {}).items()}
        line = ExternalLine(
            external_id=f"{key}-1",
            kind=LineKind.PRODUCT,
            name="Mug",
            quantity=Decimal(2),
            subtotal=Decimal("20.00"),
            total=Decimal("20.00"),
            total_tax=sum(taxes.values(), Decimal(0)),
            taxes=taxes,
            sku="MUG",
        )
        address = Address(
            name="Ada Byron", street="1 Way", city="Springfield", country_code="US"
        )
        order = ExternalOrder(
            external_id=str(key),
            number=str(key),
            status=OrderStatus.OPEN,
            raw_status="open",
            currency="USD",
            created_at=MOMENT,
            updated_at=MOMENT,
            total=line.total + line.total_tax,
            total_tax=line.total_tax,
            paid_at=MOMENT,
            buyer=Buyer(name="Ada Byron", email=f"ada{key}@example.com"),
            billing=address,
            shipping=address,
            lines=(line,),
            tax_rates=tuple(rates),
        )
        return replace(order, **facts)

    # -- tax of the marketplace --------------------------------------------------------

    def test_tax_that_the_marketplace_remits_is_a_line_of_its_own(self):
        remitted = TaxRate(
            "r", "Facilitator", Decimal(8), "US", collected_by_channel=True
        )
        order = self.import_external(self.external(1, {"r": "1.60"}, [remitted]))
        self.assertMoney(order.amount_total, 20.00 + 1.60)
        self.assertMoney(order.amount_tax, 0)
        line = order.order_line.filtered(lambda li: li.ecom_kind == "channel_tax")
        self.assertMoney(line.price_subtotal, 1.60)
        self.assertEqual(line.product_id, self.channel.channel_tax_product_id)
        self.assertEqual(order.state, "sale")
        self.assertFalse(
            self.env["ecom.tax.rule"].search([("label", "=", "Facilitator")])
        )

    def test_own_tax_and_remitted_tax_of_one_line_are_kept_apart(self):
        own = TaxRate("o", "Sales Tax", Decimal(10), "US")
        remitted = TaxRate("r", "State", Decimal(8), "US", collected_by_channel=True)
        order = self.import_external(
            self.external(1, {"o": "2.00", "r": "1.60"}, [own, remitted])
        )
        self.assertMoney(order.amount_tax, 2.00)
        self.assertMoney(order.amount_total, 20.00 + 2.00 + 1.60)

    # -- stock of the marketplace ------------------------------------------------------

    def test_an_order_shipped_by_the_marketplace_waits_for_its_warehouse(self):
        order = self.import_external(self.external(1, fulfilled_by_channel=True))
        self.assertEqual(order.state, "draft")
        self.assertEqual(self.open_reasons(order), {"channel_stock_unset"})

    def test_an_order_shipped_by_the_marketplace_reserves_no_own_stock(self):
        own = self.warehouse
        self.channel.channel_warehouse_id = self.env["stock.warehouse"].create(
            {"name": "Marketplace", "code": "MKT", "company_id": self.company.id}
        )
        order = self.import_external(self.external(1, fulfilled_by_channel=True))
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.picking_ids.picking_type_id.warehouse_id.code, "MKT")
        self.assertEqual(self.mug.with_context(warehouse_id=own.id).free_qty, 50)

    # -- drafts ------------------------------------------------------------------------

    def draft(self):
        return self.external(
            "draft:7", status=OrderStatus.DRAFT, paid_at=None, number="#D7"
        )

    def test_a_draft_is_a_held_quotation(self):
        order = self.import_external(self.draft())
        self.assertEqual(order.state, "draft")
        self.assertEqual(self.open_reasons(order), {"draft_at_shop"})

    def test_a_draft_that_was_accepted_becomes_the_order(self):
        quotation = self.import_external(self.draft())
        order = self.import_external(
            self.external(
                70, draft_ref="draft:7", updated_at=MOMENT + timedelta(minutes=1)
            )
        )
        self.assertEqual(order, quotation)
        self.assertEqual(order.ecom_external_id, "70")
        self.assertEqual(order.state, "sale")

    def test_a_draft_that_comes_after_its_order_changes_nothing(self):
        order = self.import_external(self.external(70, draft_ref="draft:7"))
        self.import_external(self.draft())
        self.assertEqual(self.orders("draft:7"), self.env["sale.order"])
        self.assertEqual(order.state, "sale")
        message = self.inbox.search([("external_id", "=", "draft:7")])
        self.assertEqual(message.state, "superseded")

    def test_a_draft_and_its_order_in_one_batch_are_one_order(self):
        self.import_external(self.draft(), self.external(70, draft_ref="draft:7"))
        found = self.env["sale.order"].search(
            [("ecom_channel_id", "=", self.channel.id)]
        )
        self.assertEqual(found.mapped("ecom_external_id"), ["70"])

    def test_a_draft_whose_order_was_imported_unawares_is_cancelled(self):
        quotation = self.import_external(self.draft())
        order = self.import_external(self.external(70))
        later = MOMENT + timedelta(minutes=1)
        self.import_external(self.external(70, draft_ref="draft:7", updated_at=later))
        self.assertEqual(order.state, "sale")
        self.assertEqual(quotation.state, "cancel")

    # -- people ------------------------------------------------------------------------

    def test_a_hidden_buyer_is_nobody_who_is_known(self):
        known = self.env["res.partner"].create(
            {"name": "Ada Byron", "email": "ada1@example.com"}
        )
        order = self.import_external(self.external(1, masked=True))
        self.assertNotEqual(order.partner_id, known)
        self.assertTrue(order.ecom_masked)

    def test_masked_text_names_no_contact(self):
        hidden = Address(
            name="张*三", phone="138****8888", street="中山路1号", city="北京",
            country_code="CN",
        )  # fmt: skip
        order = self.import_external(
            self.external(
                1, masked=True, billing=hidden, shipping=hidden, buyer=Buyer()
            )
        )
        contacts = order.partner_id + order.partner_shipping_id
        for contact in contacts | contacts.commercial_partner_id:
            self.assertNotIn("*", contact.name or "")
            self.assertFalse(contact.phone)
        self.assertEqual(order.partner_shipping_id.street, "中山路1号")

    # -- what else is told -------------------------------------------------------------

    def test_promises_risk_and_origin_are_on_the_order(self):
        order = self.import_external(
            self.external(
                1,
                risk=Risk.MEDIUM,
                ship_by=MOMENT + timedelta(days=2),
                deliver_by=MOMENT + timedelta(days=5),
                shipping_method="EXPRESS",
                marketplace_ref="ATVPDKIKX0DER",
                attribution=Attribution("google", "cpc", "spring"),
                tags=("vip", "gift"),
            )
        )
        self.assertEqual(order.ecom_risk, "medium")
        self.assertEqual(order.commitment_date, datetime(2026, 3, 3, 10, 0))
        self.assertEqual(order.ecom_deliver_by, datetime(2026, 3, 6, 10, 0))
        self.assertEqual(order.ecom_shipping_method, "EXPRESS")
        self.assertEqual(order.ecom_marketplace_ref, "ATVPDKIKX0DER")
        self.assertEqual(order.campaign_id.name, "spring")
        self.assertEqual(order.medium_id.name, "cpc")
        self.assertEqual(order.source_id, self.channel.source_id)
        self.assertEqual(order.ecom_referrer, "google")
        self.assertEqual(order.ecom_tags, "vip, gift")
