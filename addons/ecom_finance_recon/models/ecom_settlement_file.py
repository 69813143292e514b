import base64
import hashlib
from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.ecom_orders.models.guard import run_guarded

from ..formats import FORMATS, Kind, Options, mapped, parse
from ..formats.base import BANK
from ..formats.currencies import unit_of
from ..formats.errors import FormatError, NotRecognised


class EcomSettlementFile(models.Model):
    """A file of a channel or bank, as it came; what it says is in its settlements.

    A file that cannot be read is kept with the reason: nothing that arrives is lost.
    """

    _name = "ecom.settlement.file"
    _description = "Settlement File"
    _inherit = ["mail.thread"]
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(string="File Name", required=True, readonly=True)
    channel_id = fields.Many2one("ecom.channel", ondelete="restrict", readonly=True)
    journal_id = fields.Many2one(
        "account.journal", string="Bank", check_company=True, readonly=True
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    digest = fields.Char(required=True, readonly=True, help="SHA-256 of the content.")
    content = fields.Binary(attachment=True, readonly=True)
    format = fields.Char(string="Format Code", readonly=True)
    format_name = fields.Char(string="Format", compute="_compute_format_name")
    state = fields.Selection(
        [
            ("waiting", "Not read yet"),
            ("read", "Read"),
            ("failed", "Cannot be read"),
        ],
        required=True,
        readonly=True,
    )
    fetch_id = fields.Many2one(
        "ecom.settlement.fetch",
        string="Fetched From",
        ondelete="set null",
        index="btree_not_null",
        readonly=True,
    )
    error_code = fields.Char(readonly=True)
    error_details = fields.Json(readonly=True)
    explanation = fields.Text(compute="_compute_explanation")
    settlement_ids = fields.One2many("ecom.settlement", "file_id", readonly=True)
    statement_line_ids = fields.One2many(
        "account.bank.statement.line", "ecom_file_id", readonly=True
    )
    known_count = fields.Integer(
        string="Known Already",
        readonly=True,
        help="Settlements or bank lines of this file that were here before.",
    )

    _digest_uniq = models.UniqueIndex(
        "(company_id, COALESCE(channel_id, 0), COALESCE(journal_id, 0), digest)",
        "This file was imported before.",
    )

    @api.depends("format")
    def _compute_format_name(self):
        for file in self:
            known = FORMATS.get(file.format or "")
            file.format_name = known.title if known else file.format

    @api.depends("error_code", "error_details")
    @api.depends_context("lang")
    def _compute_explanation(self):
        texts = self._get_explanations()
        for file in self:
            text = texts.get(file.error_code or "", "")
            details = file.error_details or {}
            extra = ", ".join(f"{name}: {value}" for name, value in details.items())
            file.explanation = f"{text} ({extra})" if text and extra else text

    def _get_explanations(self):
        """What is wrong with a file and what to do, by code of the error."""
        return {
            "not_recognised": self.env._(
                "No known format. Download the report again as the channel offers it, "
                "without opening and saving it in a spreadsheet. Or describe what its "
                "columns are."
            ),
            "encoding_unknown": self.env._(
                "The text of the file cannot be read. Download it again."
            ),
            "file_damaged": self.env._(
                "The file breaks off or is damaged. Download it again."
            ),
            "bad_value": self.env._("A cell that must be an amount or a date is none."),
            "too_large": self.env._(
                "The file is too large. Split the period of the report."
            ),
            "archive_refused": self.env._(
                "The archive is damaged, has a password or unpacks to too much."
            ),
            "nothing_inside": self.env._("There is no movement in the file."),
            "no_bank": self.env._("This is a bank statement. Choose the bank journal."),
            "no_channel": self.env._(
                "This is a settlement. Choose the channel that it is of."
            ),
            "not_delivered": self.env._(
                "The marketplace lists this settlement but does not hand it out. "
                "Download it there and drop it on Import."
            ),
            "internal_error": self.env._(
                "An unexpected error; the server's log has the details. Try again "
                "after the cause is fixed."
            ),
            "unknown_currency": self.env._(
                "A currency of the file is not active. Activate it, then import again."
            ),
        }

    # -- reading -----------------------------------------------------------------------

    @api.model
    def _receive(self, name, content, channel=None, journal=None):
        """Keep and read a file; one that was read before is returned as it is.

        :param content: bytes.
        :return: the file.
        """
        file = self._find(content, channel, journal)
        if not file:
            file = self._keep(name, content, channel, journal)
        if file.state != "read":
            file._read(content)
        return file

    @api.model
    def _prepare_identity(self, content, channel=None, journal=None):
        """What makes a file the same one, whatever its name."""
        channel = channel or self.env["ecom.channel"]
        journal = journal or self.env["account.journal"]
        company = channel.company_id or journal.company_id or self.env.company
        return {
            "channel_id": channel.id,
            "journal_id": journal.id,
            "company_id": company.id,
            "digest": hashlib.sha256(content).hexdigest(),
        }

    @api.model
    def _find(self, content, channel=None, journal=None):
        """The file with this content, if it came before."""
        identity = self._prepare_identity(content, channel, journal)
        return self.search([(k, "=", v) for k, v in identity.items()], limit=1)

    @api.model
    def _keep(self, name, content, channel=None, journal=None):
        """Keep a file that is new; it is not read yet."""
        return self.create(
            {
                "name": name,
                "content": base64.b64encode(content),
                "state": "waiting",
                **self._prepare_identity(content, channel, journal),
            }
        )

    @api.model
    def _keep_fetched(self, fetch, page):
        """Keep what a channel's interface handed out; it is understood later.

        What it will never hand out becomes a file without content, with the reason.

        :param fetch: the ``ecom.settlement.fetch`` that asked.
        :param page: a ``SettlementPage``.
        :return: the new files; what was here already is none of them.
        """
        files = self.browse()
        for document in page.documents:
            known = self._find(document.body, fetch.channel_id)
            if known.state == "failed":
                known.write({"state": "waiting", "fetch_id": fetch.id})
            if not known:
                files |= self._keep(document.name, document.body, fetch.channel_id)
        for failure in page.failures:
            if failure.final:
                files |= self._keep_undelivered(fetch, failure)
        files.fetch_id = fetch
        return files

    @api.model
    def _keep_undelivered(self, fetch, failure):
        """Say of a settlement that nobody will ever hand it out."""
        name = f"{fetch.feed}/{failure.external_id}".encode()
        if self._find(name, fetch.channel_id):
            return self.browse()
        return self.create(
            {
                "name": failure.name,
                "state": "failed",
                "error_code": "not_delivered",
                "error_details": {"message": str(failure.error)},
                **self._prepare_identity(name, fetch.channel_id),
            }
        )

    def _read_guarded(self):
        """Read a kept file; whatever goes wrong is its reason, nothing is lost."""
        self.ensure_one()
        # What a marketplace hands out becomes part of the books by the rule that an
        # accountant set on the channel; the job itself has no rights there.
        file = self.sudo()
        run_guarded(
            self,
            lambda: file._read(base64.b64decode(file.content)),
            lambda error: file.write(
                {
                    "state": "failed",
                    "error_code": "internal_error",
                    "error_details": {"error": str(error.details.get("error", error))},
                }
            ),
        )

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """Import what is attached to an e-mail to a channel's address.

        Pictures of a signature are left out; an e-mail without a file is kept as one
        that cannot be read, so that somebody sees it.
        """
        channel = self.env["ecom.channel"].browse(
            (custom_values or {}).get("channel_id")
        )
        # An address can be forged: a person posts.
        model = self.with_context(ecom_post_by_hand=True)
        files = self.browse()
        for attachment in msg_dict.get("attachments") or ():
            content = attachment.content
            if (attachment.info or {}).get("cid"):
                continue
            if isinstance(content, str):
                content = content.encode()
            files |= model._receive(attachment.fname or "e-mail", content, channel)
        if not files:
            text = str(msg_dict.get("body") or "").encode()
            name = msg_dict.get("subject") or self.env._("E-mail without a file")
            files = model._receive(name, text, channel)
        return files[:1].with_context(ecom_post_by_hand=False)

    def action_read_again(self):
        """Try again to read what could not be read."""
        for file in self.filtered(lambda one: one.state != "read" and one.content):
            file._read(base64.b64decode(file.content))
        return True

    def action_describe(self):
        """Say what the columns of a file of no known format are."""
        self.ensure_one()
        if not self.channel_id:
            raise UserError(self.env._("Only files of a channel can be described."))
        mapping = self.env["ecom.settlement.mapping"]
        known = mapping.search([("file_id", "=", self.id)], limit=1)
        return {
            "type": "ir.actions.act_window",
            "res_model": mapping._name,
            "res_id": (known or mapping._propose(self)).id,
            "view_mode": "form",
        }

    def _read(self, content, mapping=None):
        """Read the content; what is wrong with it becomes the reason.

        :param mapping: of a person; without it those of the channel are tried, where
            the format is not known.
        """
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                self._take(self._parse(content, mapping))
        except FormatError as error:
            details = {
                key: value
                for key, value in error.details.items()
                if isinstance(value, str | int | float | bool)
            }
            self.write(
                {
                    "state": "failed",
                    "error_code": error.code,
                    "error_details": details,
                }
            )

    def _parse(self, content, mapping=None):
        if mapping:
            return self._parse_mapped(content, mapping)
        try:
            return parse(content, self.name, options=self._get_options())
        except NotRecognised:
            known = self.channel_id.settlement_mapping_ids
            fitting = known.filtered(lambda one: one._fits(content))
            if len(fitting) != 1:
                raise
            return self._parse_mapped(content, fitting)

    def _parse_mapped(self, content, mapping):
        options = replace(self._get_options(), mapping=mapping._mapping())
        return parse(content, self.name, format=mapped.Mapped.code, options=options)

    def _get_options(self):
        """What we know better than the file."""
        journal = self.journal_id
        currency = journal.currency_id or self.company_id.currency_id
        return Options(currency=currency.name)

    def _take(self, parsed):
        is_bank = FORMATS[parsed.format].family == BANK
        if is_bank and not self.journal_id:
            raise Misplaced("no_bank")
        if not is_bank and not self.channel_id:
            raise Misplaced("no_channel")
        if is_bank:
            known = self._take_bank_lines(parsed.settlements)
        else:
            known = self._take_settlements(parsed)
        self.write(
            {
                "state": "read",
                "format": parsed.format,
                "error_code": False,
                "error_details": False,
                "known_count": known,
            }
        )

    def _take_settlements(self, parsed):
        """Make settlements of what is new; returns how many were known."""
        model = self.env["ecom.settlement"]
        deferral = self.env["ecom.settlement.deferral"]
        currencies = self._get_currencies(parsed.settlements)
        known = 0
        for one in parsed.settlements:
            identity = model._get_identity(one, self.digest)
            same = [
                ("channel_id", "=", self.channel_id.id),
                ("identity", "=", identity),
            ]
            if model.search_count(same, limit=1):
                known += 1
                continue
            if one.deferrals:
                deferral._take(self, one, identity, currencies)
                continue
            model._create_parsed(self, one, identity, currencies)
        return known

    def _get_currencies(self, settlements):
        names = {one.currency for one in settlements}
        names |= {line.currency for one in settlements for line in one.lines}
        found = self.env["res.currency"].search([("name", "in", list(names))])
        currencies = {currency.name: currency for currency in found}
        for name in sorted(names):
            if name not in currencies:
                raise Misplaced("unknown_currency", currency=name)
        return currencies

    # -- bank statements ---------------------------------------------------------------

    def _take_bank_lines(self, statements):
        """Make bank statement lines of what is new; returns how many were known."""
        model = self.env["account.bank.statement.line"]
        values = [
            self._prepare_bank_line(statement, line)
            for statement in statements
            for line in statement.lines
            if line.kind is Kind.BANK
        ]
        keys = [one["ecom_key"] for one in values]
        known = model.search_fetch(
            [("journal_id", "=", self.journal_id.id), ("ecom_key", "in", keys)],
            ["ecom_key"],
        )
        seen = set(known.mapped("ecom_key"))
        fresh = [one for one in values if one["ecom_key"] not in seen]
        model.create(fresh)
        return len(values) - len(fresh)

    def _prepare_bank_line(self, statement, line):
        """Values of a bank statement line; the key tells it from all others."""
        moment = line.posted_at or statement.ends_at
        unit = unit_of(line.currency or statement.currency)
        if line.amount % unit:
            raise Misplaced("bad_value", row=line.number, value=str(line.amount))
        return {
            "journal_id": self.journal_id.id,
            "date": moment.date() if moment else fields.Date.context_today(self),
            "amount": float(line.amount),
            "payment_ref": line.description or line.transaction_ref or line.type_code,
            "ref": line.transaction_ref or False,
            "partner_name": line.partner or False,
            "ecom_key": f"{statement.account}/{line.key}",
            "ecom_file_id": self.id,
            "transaction_details": dict(line.raw),
        }

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        if self.filtered(lambda file: file.settlement_ids or file.statement_line_ids):
            raise UserError(
                self.env._(
                    "A file that was read stays, as the evidence of its entries."
                )
            )


class Misplaced(FormatError):
    """A file that can be read, but not for this journal or channel."""

    def __init__(self, code, **details):
        super().__init__(code, **details)
        self.code = code
