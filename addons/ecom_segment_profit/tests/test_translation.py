import re
from pathlib import Path

import polib

from odoo.tests import TransactionCase, tagged
from odoo.tools.translate import TranslationModuleReader

I18N = Path(__file__).parents[1] / "i18n"


@tagged("post_install", "-at_install")
class TestTranslation(TransactionCase):
    """Every sentence a person sees can be read in Chinese."""

    def terms(self):
        """All terms of the addon, as Odoo extracts them from code and views."""
        reader = TranslationModuleReader(self.env.cr, modules=["ecom_segment_profit"])
        return {source for _m, _t, _n, _i, source, _v, _c in reader}

    def entries(self, name):
        return polib.pofile(str(I18N / name))

    def test_template_has_every_term(self):
        template = {entry.msgid for entry in self.entries("ecom_segment_profit.pot")}
        self.assertEqual(self.terms() - template, set())

    def test_chinese_has_every_term_translated(self):
        translated = {
            entry.msgid
            for entry in self.entries("zh_CN.po").translated_entries()
            if not entry.obsolete
        }
        self.assertEqual(self.terms() - translated, set())

    def test_placeholders_survive_translation(self):
        for entry in self.entries("zh_CN.po").translated_entries():
            with self.subTest(term=entry.msgid):
                self.assertEqual(placeholders(entry.msgid), placeholders(entry.msgstr))


def placeholders(text):
    """The ``%(name)s`` and ``%s`` of a term."""
    return sorted(re.findall(r"%(?:\(\w+\))?[sd]|%%", text))
