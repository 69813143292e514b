from datetime import timezone

from odoo import fields, models
from odoo.tools import SQL

from ..marketplaces.base import PublicKey


class EcomChannelKey(models.Model):
    """A public key of a marketplace, by which what it sends is checked.

    Kept for as long as the connector wants it, also where the marketplace has none
    with this id: an invented id is not asked for again and again. Written in a
    transaction of its own, because the delivery that asked for it may be refused.
    """

    _name = "ecom.channel.key"
    _description = "Public key of a marketplace"

    channel_id = fields.Many2one(
        "ecom.channel", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="channel_id.company_id", store=True)
    key_ref = fields.Char(required=True)
    value = fields.Char()
    digest = fields.Char()
    fetched_at = fields.Datetime(required=True)

    _key_uniq = models.Constraint(
        "UNIQUE(channel_id, key_ref)", "A channel keeps a key once."
    )


class ChannelKeys:
    """A :class:`~..marketplaces.base.KeyStore` that keeps a channel's keys.

    :param channel: the ``ecom.channel`` record.
    """

    def __init__(self, channel):
        self._registry = channel.env.registry
        self._channel_id = channel.id
        self._company_id = channel.company_id.id

    def load(self):
        """All that is kept, by the id of the key, however old."""
        with self._registry.cursor() as cr:
            cr.execute(
                "SELECT key_ref, value, digest, fetched_at FROM ecom_channel_key "
                "WHERE channel_id = %s",
                [self._channel_id],
            )
            rows = cr.fetchall()
        return {
            ref: PublicKey(value or "", digest or "", at.replace(tzinfo=timezone.utc))
            for ref, value, digest, at in rows
        }

    def save(self, key_id, key):
        """Keep a key, at once and for good; what is a day old is forgotten."""
        fetched_at = key.fetched_at.astimezone(timezone.utc).replace(tzinfo=None)
        with self._registry.cursor() as cr:
            cr.execute(
                SQL(
                    "INSERT INTO ecom_channel_key "
                    "(channel_id, company_id, key_ref, value, digest, fetched_at) "
                    "VALUES (%s, %s, %s, %s, %s, %s) "
                    "ON CONFLICT (channel_id, key_ref) DO UPDATE SET "
                    "value = EXCLUDED.value, digest = EXCLUDED.digest, "
                    "fetched_at = EXCLUDED.fetched_at",
                    self._channel_id,
                    self._company_id,
                    key_id,
                    key.text,
                    key.digest,
                    fetched_at.replace(microsecond=0),
                )
            )
            cr.execute(
                "DELETE FROM ecom_channel_key WHERE channel_id = %s "
                "AND fetched_at < %s - interval '1 day'",
                [self._channel_id, fetched_at],
            )
