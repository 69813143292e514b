from datetime import timezone

from odoo import fields, models
from odoo.tools import SQL

from ..marketplaces.base import AccessToken


class EcomChannelToken(models.Model):
    """The short-lived key of a channel, between two runs of its jobs.

    Nobody but the technical user may read it. It stands apart from the channel because
    it is written in a transaction of its own: buying a token may spend the old one, so
    it must not be forgotten when the run that bought it fails, nor wait for that run's
    lock on the channel.
    """

    _name = "ecom.channel.token"
    _description = "Access token of a channel"

    channel_id = fields.Many2one("ecom.channel", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="channel_id.company_id", store=True)
    value = fields.Char(required=True)
    refresh = fields.Char()
    expires_at = fields.Datetime(required=True)

    _channel_uniq = models.Constraint("UNIQUE(channel_id)", "One token for a channel.")


class ChannelTokens:
    """A :class:`~..marketplaces.base.TokenStore` that keeps a channel's token.

    :param channel: the ``ecom.channel`` record.
    """

    def __init__(self, channel):
        self._registry = channel.env.registry
        self._channel_id = channel.id
        self._company_id = channel.company_id.id

    def load(self):
        """The token kept last, expired or not."""
        with self._registry.cursor() as cr:
            cr.execute(
                "SELECT value, expires_at, refresh FROM ecom_channel_token "
                "WHERE channel_id = %s",
                [self._channel_id],
            )
            row = cr.fetchone()
        if not row:
            return None
        value, expires_at, refresh = row
        return AccessToken(
            value, expires_at.replace(tzinfo=timezone.utc), refresh or ""
        )

    def save(self, token):
        """Keep a token, at once and for good."""
        expires_at = token.expires_at.astimezone(timezone.utc).replace(tzinfo=None)
        with self._registry.cursor() as cr:
            cr.execute(
                SQL(
                    "INSERT INTO ecom_channel_token "
                    "(channel_id, company_id, value, refresh, expires_at) "
                    "VALUES (%s, %s, %s, %s, %s) "
                    "ON CONFLICT (channel_id) DO UPDATE SET value = EXCLUDED.value, "
                    "refresh = EXCLUDED.refresh, expires_at = EXCLUDED.expires_at",
                    self._channel_id,
                    self._company_id,
                    token.value,
                    token.refresh or None,
                    expires_at.replace(microsecond=0),
                ),
                log_exceptions=False,
            )
