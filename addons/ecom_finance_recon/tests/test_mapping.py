from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from .common import SettlementCommon

FILE = (
    "Day;Bestellung;Vorgang;Betrag;Geb\n"
    "2026-03-01;1;Verkauf;100,00;10,00\n"
    "2026-03-02;2;Verkauf;50,00;5,00\n"
    "2026-03-03;;Werbung;-7,50;0,00\n"
)
COLUMNS = {
    "date": "Day",
    "order": "Bestellung",
    "type": "Vorgang",
    "amount": "Betrag",
    "fee": "Geb",
}


@tagged("post_install", "-at_install")
class TestMapping(SettlementCommon):
    """A format that nobody knows is described once, on the file itself."""

    def describe(self, file):
        action = file.action_describe()
        mapping = self.env[action["res_model"]].browse(action["res_id"])
        mapping.column_ids.unlink()
        mapping.write(
            {
                "column_ids": [
                    (0, 0, {"word": word, "column": column})
                    for word, column in COLUMNS.items()
                ],
                "kind_ids": [
                    (0, 0, {"word": "Verkauf", "kind": "sale"}),
                    (0, 0, {"word": "Werbung", "kind": "fee:advertising"}),
                ],
            }
        )
        return mapping

    def test_unknown_file_is_kept_and_can_be_described(self):
        file = self.receive(FILE.encode(), "bazaar.csv")
        self.assertEqual((file.state, file.error_code), ("failed", "not_recognised"))
        mapping = self.describe(file)
        self.assertIn("100.00 USD", mapping.preview)
        self.assertIn("Bestellung", mapping.preview)
        self.assertFalse(file.settlement_ids)

    def test_described_file_is_read_matched_and_posted(self):
        order = self.order("1", 100)
        file = self.receive(FILE.encode(), "bazaar.csv")
        self.describe(file).action_read()
        settlement = file.settlement_ids
        self.assertEqual(settlement.total, 127.5)  # 100 - 10 + 50 - 5 - 7.50
        self.assertEqual(file.state, "read")
        settlement.action_post()
        self.assertEqual(order.invoice_ids.payment_state, "paid")
        balances = self.balances(settlement.move_ids)
        self.assertEqual(balances[self.account("fee_commission")], 15)  # 10 + 5
        self.assertEqual(balances[self.account("fee_advertising")], 7.5)

    def test_next_file_of_the_format_is_read_by_itself(self):
        self.describe(self.receive(FILE.encode(), "bazaar.csv")).action_read()
        other = FILE.replace("2026-03", "2026-04").replace("100,00", "80,00")
        file = self.receive(other.encode(), "april.csv")
        self.assertEqual(file.state, "read")
        self.assertEqual(file.settlement_ids.total, 107.5)  # 80 - 10 + 45 - 7.50

    def test_file_with_other_columns_is_not_guessed(self):
        self.describe(self.receive(FILE.encode(), "bazaar.csv")).action_read()
        other = FILE.replace("Betrag", "Summe")
        file = self.receive(other.encode(), "other.csv")
        self.assertEqual((file.state, file.error_code), ("failed", "not_recognised"))

    def test_type_that_is_not_described_is_not_classified(self):
        file = self.receive(FILE.encode(), "bazaar.csv")
        mapping = self.describe(file)
        mapping.kind_ids.filtered(lambda one: one.word == "Werbung").unlink()
        mapping.action_read()
        odd = file.settlement_ids.line_ids.filtered(lambda line: line.amount == -7.5)
        self.assertEqual(odd.kind, "suspense")

    def test_wrong_column_is_told_in_the_preview_not_raised(self):
        mapping = self.describe(self.receive(FILE.encode(), "bazaar.csv"))
        with Form(mapping) as form:
            with form.column_ids.edit(3) as column:
                column.column = "Not There"
            self.assertIn("alert-danger", form.preview)

    def test_preview_shows_cells_as_text(self):
        text = FILE.replace(";2;", ";<script>alert(1)</script>;")
        mapping = self.describe(self.receive(text.encode(), "bazaar.csv"))
        self.assertNotIn("<script>", mapping.preview)

    def test_mapping_needs_an_amount(self):
        mapping = self.describe(self.receive(FILE.encode(), "bazaar.csv"))
        with self.assertRaises(ValidationError):
            mapping.write({"column_ids": [(2, mapping.column_ids[3].id, 0)]})

    def test_bank_statement_is_not_described(self):
        bank = self.company_data["default_journal_bank"]
        file = self.env["ecom.settlement.file"]._receive(
            "x.csv", FILE.encode(), journal=bank
        )
        with self.assertRaises(UserError):
            file.action_describe()
