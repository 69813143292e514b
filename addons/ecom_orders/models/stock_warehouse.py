from datetime import datetime, time, timedelta
from decimal import Decimal

from pytz import timezone, utc

from odoo import fields, models

from ..routing.schema import Place, Site

WEEKS_AHEAD = timedelta(weeks=3)  # within which a closed warehouse opens again


class StockWarehouse(models.Model):
    """What routing has to know of a warehouse: what a parcel costs, when it leaves."""

    _inherit = "stock.warehouse"

    ecom_ships = fields.Boolean(
        string="Ships Orders",
        default=True,
        help="Orders may be routed here. Switch it off for a warehouse that only "
        "stores, or while it is closed.",
    )
    ecom_priority = fields.Integer(
        string="Routing Priority", default=10, help="Smaller is preferred."
    )
    ecom_group_ids = fields.Many2many(
        "ecom.warehouse.group",
        "ecom_warehouse_group_rel",
        "warehouse_id",
        "group_id",
        string="Groups",
        check_company=True,
    )
    ecom_currency_id = fields.Many2one(related="company_id.currency_id")
    ecom_packaging_cost = fields.Monetary(
        string="Packaging per Parcel", currency_field="ecom_currency_id"
    )
    ecom_handling_cost = fields.Monetary(
        string="Handling per Parcel", currency_field="ecom_currency_id"
    )
    ecom_picking_cost = fields.Monetary(
        string="Picking per Line", currency_field="ecom_currency_id"
    )
    ecom_capacity = fields.Integer(
        string="Parcels per Day", help="0 = without a limit."
    )
    ecom_cutoff = fields.Float(
        string="Cut-Off",
        default=24.0,
        help="Parcels that are decided later leave on the next working day. In the "
        "time zone of the working hours.",
    )
    ecom_calendar_id = fields.Many2one(
        "resource.calendar",
        string="Working Hours",
        check_company=True,
        help="Days on which parcels leave; empty = every day.",
    )

    _ecom_costs_positive = models.Constraint(
        "CHECK(COALESCE(ecom_packaging_cost, 0) >= 0"
        " AND COALESCE(ecom_handling_cost, 0) >= 0"
        " AND COALESCE(ecom_picking_cost, 0) >= 0)",
        "Costs of a warehouse are never negative.",
    )
    _ecom_capacity_positive = models.Constraint(
        "CHECK(COALESCE(ecom_capacity, 0) >= 0)",
        "The number of parcels per day must not be negative.",
    )

    def _ecom_to_site(self, booked, moment=None):
        """The warehouse as routing sees it.

        :param booked: parcels that it has to send already, by day on which they leave.
        :param moment: when it is decided (naive UTC), now if not given.
        """
        self.ensure_one()
        ready = self._ecom_get_ready_day(moment)
        capacity = None
        if self.ecom_capacity:
            capacity = max(0, self.ecom_capacity - booked.get(ready, 0))
        return Site(
            key=str(self.id),
            name=self.name,
            place=self.partner_id._ecom_to_place(),
            priority=self.ecom_priority,
            ready=ready,
            packaging=Decimal(str(self.ecom_packaging_cost)),
            handling=Decimal(str(self.ecom_handling_cost)),
            picking=Decimal(str(self.ecom_picking_cost)),
            capacity=capacity,
            groups=frozenset(str(group.id) for group in self.ecom_group_ids),
        )

    def _ecom_get_ready_day(self, moment=None):
        """The day on which a parcel that is decided now leaves."""
        calendar = self.ecom_calendar_id
        zone = timezone(calendar.tz or self.company_id.resource_calendar_id.tz or "UTC")
        now = utc.localize(moment or fields.Datetime.now()).astimezone(zone)
        day = now.date()
        if now.hour + now.minute / 60 >= (self.ecom_cutoff or 24.0):
            day += timedelta(days=1)
        if not calendar:
            return day
        start = zone.localize(datetime.combine(day, time.min))
        intervals = calendar._work_intervals_batch(start, start + WEEKS_AHEAD)[False]
        return min((first.date() for first, *_rest in intervals), default=day)


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _ecom_to_place(self):
        """The address as routing sees it; coordinates 0, 0 are none."""
        known = self.partner_latitude or self.partner_longitude
        return Place(
            country=self.country_id.code or "",
            state=self.state_id.code or "",
            zip=(self.zip or "").replace(" ", "").upper(),
            latitude=self.partner_latitude if known else None,
            longitude=self.partner_longitude if known else None,
        )
