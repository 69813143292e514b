from odoo import api, fields, models
from odoo.exceptions import UserError

from ..marketplaces.base import Capability
from ..marketplaces.errors import MarketplaceError


class EcomLocation(models.Model):
    """A site between which a marketplace tells stock apart, and its warehouse here."""

    _name = "ecom.location"
    _description = "Location of a channel"
    _order = "channel_id, name, id"
    _check_company_auto = True

    channel_id = fields.Many2one(
        "ecom.channel", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="channel_id.company_id", store=True)
    ref = fields.Char(
        string="Channel's ID",
        required=True,
        readonly=True,
        help="What the marketplace calls this site.",
    )
    name = fields.Char(required=True, readonly=True)
    active = fields.Boolean(default=True)
    warehouse_id = fields.Many2one(
        "stock.warehouse",
        check_company=True,
        index="btree_not_null",
        help="Whose stock is shown for this site, and from where its orders are "
        "shipped.",
    )

    _ref_uniq = models.Constraint(
        "UNIQUE(channel_id, ref)", "A channel has each location only once."
    )
    _warehouse_uniq = models.UniqueIndex(
        "(channel_id, warehouse_id) WHERE active AND warehouse_id IS NOT NULL",
        "Another location of this channel shows the stock of this warehouse already.",
    )

    @api.model
    def _get_warehouse(self, channel, ref):
        """The warehouse of a site, empty when it is not known or not linked.

        :param ref: the marketplace's id of it; empty = the channel's warehouse.
        """
        if not ref:
            return channel.warehouse_id
        return self.search(
            [("channel_id", "=", channel.id), ("ref", "=", ref)], limit=1
        ).warehouse_id

    @api.model
    def _get_ref(self, channel, warehouse):
        """The marketplace's id of a warehouse, empty text when it has none."""
        location = self.search(
            [("channel_id", "=", channel.id), ("warehouse_id", "=", warehouse.id)],
            limit=1,
        )
        return location.ref or ""

    @api.model
    def _sync(self, channel, sites):
        """Make the channel's locations those that the marketplace has.

        Ones that are gone are archived; what a person linked is kept. Where one site
        meets one warehouse there is nothing to choose.

        :param sites: :class:`~..marketplaces.schema.Location` of the marketplace.
        """
        known = self.with_context(active_test=False).search(
            [("channel_id", "=", channel.id)]
        )
        known = {location.ref: location for location in known}
        for site in sites:
            values = {"name": site.name or site.ref, "active": site.active}
            if site.ref in known:
                known.pop(site.ref).write(values)
            else:
                self.create({**values, "channel_id": channel.id, "ref": site.ref})
        self.union(*known.values()).write({"active": False})
        locations = self.search([("channel_id", "=", channel.id)])
        warehouses = channel._get_stock_warehouses()
        if len(locations) == len(warehouses) == 1 and not locations.warehouse_id:
            locations.warehouse_id = warehouses
        return locations

    @api.model_create_multi
    def create(self, vals_list):
        locations = super().create(vals_list)
        locations.channel_id._request_stock_recompute()
        return locations

    def write(self, vals):
        result = super().write(vals)
        if {"warehouse_id", "active"} & vals.keys():
            self.channel_id._request_stock_recompute()
        return result


class EcomChannel(models.Model):
    _inherit = "ecom.channel"

    location_ids = fields.One2many("ecom.location", "channel_id", string="Locations")

    def action_fetch_locations(self):
        """Ask the marketplace for its sites."""
        self.ensure_one()
        if not self._can(Capability.LOCATIONS):
            raise UserError(self.env._("This marketplace knows only one location."))
        try:
            sites = self._get_connector().fetch_locations()
        except MarketplaceError as error:
            raise UserError(self._explain(error)) from error
        locations = self.env["ecom.location"]._sync(self, sites)
        return self._notify(
            "success", self.env._("%s locations were read.", len(locations))
        )
