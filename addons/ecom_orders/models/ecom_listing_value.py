from odoo import api, fields, models

from ..marketplaces.comparison import differs
from ..marketplaces.schema import ListingField
from .ecom_channel_listing_data import OWNER_FIELDS

FIELDS = [
    ("title", "Title"),
    ("description", "Description"),
    ("price", "Price"),
    ("barcode", "Barcode"),
    ("weight", "Weight (kg)"),
    ("images", "Pictures"),
]
SEQUENCE = {name: number for number, (name, _label) in enumerate(FIELDS, start=1)}


class EcomListingValue(models.Model):
    """One field of a listing: what we have, and what the shop shows.

    The texts are canonical (see ``marketplaces/comparison.py``): equal texts are equal
    values.
    """

    _name = "ecom.listing.value"
    _description = "Field of a listing, here and in the shop"
    _order = "listing_id, sequence, id"

    listing_id = fields.Many2one(
        "ecom.listing", required=True, ondelete="cascade", index=True, readonly=True
    )
    channel_id = fields.Many2one(related="listing_id.channel_id", store=True)
    company_id = fields.Many2one(related="listing_id.company_id", store=True)
    field = fields.Selection(FIELDS, required=True, readonly=True)
    sequence = fields.Integer(readonly=True)
    ours = fields.Text(string="In Odoo (exact)", readonly=True)
    shown = fields.Text(string="In the Shop (exact)", readonly=True)
    is_read = fields.Boolean(
        readonly=True, help="The shop has shown it, or taken it from us."
    )
    told = fields.Text(string="Taken by the Shop", readonly=True)
    told_at = fields.Datetime(string="Taken", readonly=True)
    shown_at = fields.Datetime(string="Seen in the Shop", readonly=True)
    differs = fields.Boolean(
        compute="_compute_differs",
        store=True,
        help="The shop shows something else than Odoo has.",
    )
    owner = fields.Selection(
        [("nobody", "Nobody"), ("shop", "The shop"), ("odoo", "Odoo")],
        string="Wins",
        compute="_compute_owner",
    )
    ours_text = fields.Text(string="In Odoo", compute="_compute_texts")
    shown_text = fields.Text(string="In the Shop", compute="_compute_texts")

    _field_uniq = models.Constraint(
        "UNIQUE(listing_id, field)", "A listing has each field only once."
    )

    @api.depends("field", "ours", "shown", "is_read", "told")
    def _compute_differs(self):
        for value in self:
            value.differs = differs(
                ListingField(value.field),
                value.ours or "",
                (value.shown or "") if value.is_read else None,
                value.told or "",
            )

    @api.depends(
        "field", *(f"listing_id.channel_id.{name}" for name in OWNER_FIELDS.values())
    )
    def _compute_owner(self):
        for value in self:
            name = OWNER_FIELDS[ListingField(value.field)]
            # The policy is for everybody to see who sees the listing.
            value.owner = value.listing_id.channel_id.sudo()[name]

    @api.depends("field", "ours", "shown")
    @api.depends_context("lang")
    def _compute_texts(self):
        for value in self:
            value.ours_text, value.shown_text = value.ours, value.shown
            if value.field == "images":
                value.ours_text = self.env._("One picture") if value.ours else False
                if value.shown and value.shown.isdigit():
                    value.shown_text = self.env._("%s pictures", value.shown)

    @api.model
    def _put(self, listings, values, seen=False):
        """Keep texts of listings; a constant number of queries.

        :param values: dict ``listing.id -> {ListingField: text}``.
        :param seen: they are what the shop shows, not ours.
        """
        name = "shown" if seen else "ours"
        rows = {
            (row.listing_id.id, row.field): row
            for row in self.search([("listing_id", "in", listings.ids)])
        }
        new, now = [], fields.Datetime.now()
        stamp = {"is_read": True, "shown_at": now} if seen else {}
        for listing in listings:
            for field, text in values.get(listing.id, {}).items():
                row = rows.get((listing.id, field.value))
                if row is None:
                    identity = {
                        "listing_id": listing.id,
                        "field": field.value,
                        "sequence": SEQUENCE[field.value],
                    }
                    new.append({**identity, name: text, **stamp})
                elif (row[name] or "") != text or (seen and not row.is_read):
                    row.write({name: text, **stamp})
        return self.create(new)

    def _note_told(self, values):
        """The shop has taken texts of one listing.

        :param values: dict ``ListingField -> text``.
        """
        now = fields.Datetime.now()
        for row in self.filtered(lambda row: ListingField(row.field) in values):
            text = values[ListingField(row.field)]
            vals = {"told": text, "told_at": now}
            if row.field != "images":  # how many it has by now is not known
                vals |= {"shown": text, "is_read": True, "shown_at": now}
            row.write(vals)
