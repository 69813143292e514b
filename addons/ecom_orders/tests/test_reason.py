from odoo.tests import TransactionCase, tagged

from odoo.addons.ecom_orders.models.ecom_reason_mixin import REASONS


@tagged("post_install", "-at_install")
class TestReason(TransactionCase):
    """Every reason reads as a sentence, in every language, whatever details it has."""

    def test_every_reason_has_a_sentence(self):
        reasons = self.env["ecom.reason.mixin"]
        for lang in ("en_US", "zh_CN"):
            self.env["res.lang"]._activate_lang(lang)
            for code, _label in REASONS:
                with self.subTest(lang=lang, code=code):
                    text = reasons.with_context(lang=lang)._explain_reason(code)
                    self.assertTrue(text)

    def test_details_stand_in_the_sentence(self):
        text = self.env["ecom.reason.mixin"]._explain_reason(
            "missing_tax", {"label": "VAT", "percent": "20", "country": "GB"}
        )
        self.assertIn("VAT 20% (country GB)", text)

    def test_codes_in_a_list_are_named(self):
        text = self.env["ecom.reason.mixin"]._explain_reason(
            "incomplete_address", {"missing": ["street", "country"]}
        )
        self.assertIn("street, country", text)

    def test_unknown_code_stays_visible(self):
        values = self.env["ecom.reason.mixin"]._prepare_reason("never_heard_of")
        self.assertEqual(values["reason"], "marketplace_error")
        self.assertIn("never_heard_of", str(values["reason_details"]))
