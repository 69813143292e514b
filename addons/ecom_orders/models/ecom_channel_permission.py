from datetime import datetime, time

from odoo import api, fields, models

from ..marketplaces.base import CONNECTORS
from ..marketplaces.health import TOKEN_NOTICE


class EcomChannel(models.Model):
    """Knows until when a seller's permission is good.

    No marketplace tells it of a permission that was pasted in. Where it lasts a fixed
    time, that is counted from the day it was entered; elsewhere a person enters the
    date, which the marketplace shows when the permission is given. (Amazon has public
    applications authorised anew every 365 days, says its page on renewing
    authorisations; a seller's own application is not, and nothing tells them apart.)
    """

    _inherit = "ecom.channel"

    api_token_until = fields.Date(
        string="Permission Ends On",
        tracking=True,
        copy=False,
        help="Until when the seller's permission is good. Where the marketplace has a "
        "fixed time, it is counted from the day the permission was entered; correct "
        "it when it was given earlier. Fourteen days before, and in the health check, "
        "there is a reminder.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        channels = super().create(vals_list)
        for channel, vals in zip(channels, vals_list, strict=True):
            if vals.get("api_token") and "api_token_until" not in vals:
                channel._date_permission()
        return channels

    def write(self, vals):
        result = super().write(vals)
        if "api_token" in vals and "api_token_until" not in vals:
            self._date_permission()
        return result

    def _date_permission(self):
        """A permission that was entered now begins now."""
        for channel in self:
            connector = CONNECTORS.get(channel.provider)
            lifetime = connector.token_lifetime if connector else None
            dated = lifetime and channel.api_token
            channel.api_token_until = fields.Date.today() + lifetime if dated else False

    def _get_token_left(self):
        """Until when the seller's permission is good, as ``timedelta``.

        ``None`` where a permission does not end, or nobody has entered when.
        """
        if not self.api_token_until:
            return None
        end = datetime.combine(self.api_token_until, time.max)
        return end - fields.Datetime.now()

    def _sweep_orders(self):
        """Once a day, beside looking for orders: remind of a permission that ends."""
        result = super()._sweep_orders()
        self._remind_of_permission()
        return result

    def _remind_of_permission(self):
        left = self._get_token_left()
        summary = self.env._("The seller's permission ends")
        if left is not None and left <= TOKEN_NOTICE:
            self._alert(
                summary,
                self.env._(
                    "The permission that the marketplace gave to %(channel)s ends on "
                    "%(date)s. Give it anew there and enter it on the channel; then "
                    "orders go on arriving.",
                    channel=self.display_name,
                    date=fields.Date.to_string(self.api_token_until),
                ),
            )
        else:
            self.activity_ids.filtered(lambda a: a.summary == summary).action_done()
