from odoo import api, fields, models
from odoo.exceptions import UserError

from ..marketplaces.base import Capability
from ..marketplaces.errors import MarketplaceError

CHOOSING = "ecom_choosing_location"  # which site shows is being written


class EcomLocation(models.Model):
    """A site between which a marketplace tells stock apart, and its warehouse here.

    One warehouse may serve several sites: orders of all of them are shipped from it.
    Its stock is shown at exactly one, because a marketplace adds its sites up and would
    sell every unit once for each.
    """

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
        help="From where orders of this site are shipped. Several sites may have the "
        "same one.",
    )
    shows_stock = fields.Boolean(
        default=True,
        help="The stock of the warehouse is shown at one of the sites that it serves, "
        "and only there: the marketplace adds its sites up.",
    )

    _ref_uniq = models.Constraint(
        "UNIQUE(channel_id, ref)", "A channel has each location only once."
    )
    _shown_uniq = models.UniqueIndex(
        "(channel_id, warehouse_id)"
        " WHERE active AND shows_stock AND warehouse_id IS NOT NULL",
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
        """The marketplace's id of a warehouse, empty text when it has none.

        Of several sites the one that shows its stock.
        """
        location = self.search(
            [("channel_id", "=", channel.id), ("warehouse_id", "=", warehouse.id)],
            order="shows_stock desc, id",
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
        locations = super().create(
            [{**vals, "shows_stock": False} for vals in vals_list]
        )
        chosen = [vals.get("shows_stock", False) for vals in vals_list]
        locations._choose_showing(
            locations.browse(
                location.id
                for location, wanted in zip(locations, chosen, strict=True)
                if wanted
            )
        )
        locations.channel_id._request_stock_recompute()
        return locations

    def write(self, vals):
        moving = {"warehouse_id", "active", "shows_stock"} & vals.keys()
        if not moving or self.env.context.get(CHOOSING):
            return super().write(vals)
        showing = self._filter_staying(vals)
        if "shows_stock" in vals:
            showing = self if vals["shows_stock"] else self.browse()
        # First nobody, then the chosen one: two must not show at any moment.
        result = super().write({**vals, "shows_stock": False})
        self._choose_showing(showing)
        self.channel_id._request_stock_recompute()
        return result

    def unlink(self):
        channels = self.channel_id
        result = super().unlink()
        channels.location_ids._choose_showing(self.browse())
        channels._request_stock_recompute()
        return result

    def _filter_staying(self, vals):
        """Sites that show a stock and still will when ``vals`` are written."""
        return self.filtered(
            lambda site: (
                site.shows_stock
                and site.warehouse_id.id
                == vals.get("warehouse_id", site.warehouse_id.id)
                and site.active == vals.get("active", site.active)
            )
        )

    def _choose_showing(self, preferred):
        """Of the sites that a warehouse serves, have exactly one show its stock.

        :param preferred: sites that a person chose; else it is the one that shows it
            already, else the first.
        """
        sites = self.search(
            [("channel_id", "in", self.channel_id.ids), ("warehouse_id", "!=", False)],
            order="id",
        )
        served = sites.grouped(lambda site: (site.channel_id, site.warehouse_id))
        chosen = self.browse()
        for group in served.values():
            showing = group.filtered("shows_stock")
            chosen |= (group & preferred)[:1] or showing[:1] or group[:1]
        choosing = {CHOOSING: True}
        (sites - chosen).with_context(**choosing).write({"shows_stock": False})
        self.flush_model(["shows_stock"])
        chosen.with_context(**choosing).write({"shows_stock": True})


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
