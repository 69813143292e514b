from email.message import EmailMessage

from odoo.tests import tagged

from .common import SettlementCommon, price, v1_file


@tagged("post_install", "-at_install")
class TestMail(SettlementCommon):
    """Reports that are sent to a channel's address are imported for it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        domain = cls.env["mail.alias.domain"].create({"name": "reports.example.com"})
        cls.company.alias_domain_id = domain
        cls.channel.write({"alias_name": "bazaar", "alias_domain_id": domain.id})
        cls.env.user.email = "accountant@example.com"

    def send(self, *contents, sender="accountant@example.com"):
        """An e-mail to the channel's address with these files."""
        mail = EmailMessage()
        mail["From"], mail["To"] = sender, self.channel.alias_email
        mail["Subject"], mail["Message-Id"] = "Payout", f"<{len(contents)}@example.com>"
        mail.set_content("Attached.")
        for number, content in enumerate(contents):
            mail.add_attachment(
                content, maintype="text", subtype="x-report", filename=f"{number}.txt"
            )
        self.env["mail.thread"].message_process(None, mail.as_bytes())

    def report(self, name):
        return v1_file(name, "100.00", [price("1", "Principal", "100.00")])

    def files(self):
        return self.env["ecom.settlement.file"].search(
            [("channel_id", "=", self.channel.id)]
        )

    def test_all_files_of_an_e_mail_are_imported_for_the_channel(self):
        self.send(self.report("S1"), self.report("S2"))
        self.assertEqual(self.files().mapped("state"), ["read", "read"])
        self.assertEqual(set(self.files().settlement_ids.mapped("name")), {"S1", "S2"})

    def test_file_that_came_before_is_not_doubled(self):
        known = self.receive(self.report("S1"))
        self.send(self.report("S1"))
        self.assertEqual(self.files(), known)

    def test_unknown_file_is_kept_with_its_reason(self):
        self.send(b"Dear seller, no report this week.")
        self.assertEqual(self.files().mapped("error_code"), ["not_recognised"])

    def test_e_mail_without_a_file_is_kept_so_that_somebody_sees_it(self):
        self.send()
        self.assertRecordValues(self.files(), [{"name": "Payout", "state": "failed"}])

    def test_e_mail_never_posts_whatever_the_channel_says(self):
        self.channel.settlement_auto_post = True
        self.send(self.report("S1"))
        self.assertEqual(self.files().settlement_ids.state, "draft")

    def test_stranger_is_refused(self):
        self.send(self.report("S1"), sender="stranger@elsewhere.example.com")
        self.assertFalse(self.files())
