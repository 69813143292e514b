from dataclasses import dataclass, replace
from typing import Any

from odoo import api, fields, models
from odoo.tools import SQL

from ..algorithms import lead_time, sourcing
from ..algorithms.lazy import np

#: days of receipts that lead times are learned from
RECEIPT_DAYS = 730
#: safety factor by which vendors are compared; the policy's own comes after the choice
COMPARED_FACTOR = 1.645
#: settings of a policy that vendors are compared by
COMPARED_SETTINGS = ("order_cost", "holding_rate", "defect_cost")
#: facts about an offer that are those of the pair that is bought by it
TAKEN_OVER = (
    *("info", "vendor", "price", "smallest", "pack", "unit"),
    *("lead_mean", "lead_deviation", "receipts", "returned"),
)


@dataclass(frozen=True)
class Offers:
    """Price lines of vendors that are valid today, arrays ``(k,)``.

    :param info: ids of product.supplierinfo; :param product: ids; :param vendor: ids of
        commercial partners; :param price: of a product's unit, company currency,
        discount taken off; :param smallest: units of the product; :param pack: units in
        one of the vendor's unit; :param unit: id of that unit; :param stated: days.
    :param capacity: most units of the product in an order, 0 = no limit.

    Once measured by receipts:

    :param lead_mean: days; :param lead_deviation: days; :param receipts: number.
    :param returned: part of the units that goes back, 0 to 1.
    """

    info: Any
    product: Any
    vendor: Any
    price: Any
    smallest: Any
    pack: Any
    unit: Any
    stated: Any
    capacity: Any
    lead_mean: Any = None
    lead_deviation: Any = None
    receipts: Any = None
    returned: Any = None


@dataclass(frozen=True)
class Sources:
    """The vendor chosen for each pair, arrays ``(n,)``; no vendor is id 0.

    :param info: ids; :param vendor: ids; :param price: of a unit, 0 = unknown.
    :param smallest: units; :param pack: units; :param unit: ids.
    :param lead_mean: days; :param lead_deviation: days; :param receipts: number.
    :param returned: part of the units that goes back, 0 to 1.
    :param cost: total cost of a year; :param second: vendor of the next best offer, 0 =
        none; :param second_cost: of it.
    """

    info: Any
    vendor: Any
    price: Any
    smallest: Any
    pack: Any
    unit: Any
    lead_mean: Any
    lead_deviation: Any
    receipts: Any
    returned: Any
    cost: Any
    second: Any
    second_cost: Any


class EcomReplenishmentSourcing(models.AbstractModel):
    """From whom to buy: the offer whose total cost of a year is least.

    Every line of a vendor's price list is an offer, a price break is one with a larger
    minimum. Lead times are those of real receipts, few of them lean on what the vendor
    states. So is quality: the part of the units that went back, few units lean on the
    vendor's other products, and those on what is usual.
    """

    _name = "ecom.replenishment.sourcing"
    _description = "Choice of Vendors"

    @api.model
    def _read_offers(self, company, product_ids, today):
        """Price lines that are valid today, in core's order."""
        for model in ("product.supplierinfo", "res.partner", "uom.uom"):
            self.env[model].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
            SELECT s.id, p.id, v.commercial_partner_id,
                   (s.price * (1 - COALESCE(s.discount, 0) / 100)
                       / COALESCE(NULLIF(u.factor / pu.factor, 0), 1))::float,
                   s.currency_id,
                   (COALESCE(s.min_qty, 0) * COALESCE(u.factor / pu.factor, 1))::float,
                   COALESCE(u.factor / pu.factor, 1)::float,
                   COALESCE(u.id, pu.id), COALESCE(s.delay, 0),
                   (COALESCE(s.ecom_capacity, 0)
                       * COALESCE(u.factor / pu.factor, 1))::float
              FROM product_supplierinfo s
              JOIN res_partner v ON v.id = s.partner_id AND v.active
              JOIN product_product p ON p.product_tmpl_id = s.product_tmpl_id
                   AND (s.product_id IS NULL OR s.product_id = p.id)
              JOIN product_template t ON t.id = p.product_tmpl_id
              JOIN uom_uom pu ON pu.id = t.uom_id
              LEFT JOIN uom_uom u ON u.id = s.product_uom_id
             WHERE p.id = ANY(%(products)s)
               AND (s.company_id IS NULL OR s.company_id = %(company)s)
               AND (s.date_start IS NULL OR s.date_start <= %(today)s)
               AND (s.date_end IS NULL OR s.date_end >= %(today)s)
             ORDER BY p.id, s.sequence, s.min_qty DESC, s.price, s.id
            """,
                products=product_ids,
                company=company.id,
                today=today,
            )
        )
        columns = list(zip(*rows, strict=True)) or [()] * 10
        rates = {
            currency.id: currency._get_conversion_rate(
                currency, company.currency_id, company, today
            )
            for currency in self.env["res.currency"].browse(set(columns[4]) - {None})
        }
        rate = np.array([rates.get(key, 1.0) for key in columns[4]], dtype=float)
        whole = {n: np.array(columns[n], dtype=int) for n in (0, 1, 2, 7)}
        real = {n: np.array(columns[n], dtype=float) for n in (3, 5, 6, 8, 9)}
        return Offers(
            whole[0],
            whole[1],
            whole[2],
            real[3] * rate,
            real[5],
            real[6],
            whole[7],
            real[8],
            real[9],
        )

    @api.model
    def _read_receipts(self, company, product_ids, today):
        """Receipts of purchase orders: vendor, product, days from order to receipt."""
        return self.env.execute_query(
            SQL(
                """
            SELECT v.commercial_partner_id, m.product_id,
                   EXTRACT(EPOCH FROM m.date - o.date_approve)::float / 86400
              FROM stock_move m
              JOIN purchase_order_line l ON l.id = m.purchase_line_id
              JOIN purchase_order o ON o.id = l.order_id
              JOIN res_partner v ON v.id = o.partner_id
              JOIN stock_location src ON src.id = m.location_id
             WHERE m.state = 'done' AND m.company_id = %(company)s
               AND src.usage = 'supplier' AND o.date_approve IS NOT NULL
               AND m.date >= %(since)s AND v.commercial_partner_id IN (
                   SELECT vendor.commercial_partner_id
                     FROM product_supplierinfo s
                     JOIN res_partner vendor ON vendor.id = s.partner_id
                     JOIN product_product p ON p.product_tmpl_id = s.product_tmpl_id
                    WHERE p.id = ANY(%(products)s))
            """,
                company=company.id,
                since=fields.Date.subtract(today, days=RECEIPT_DAYS),
                products=product_ids,
            )
        )

    @api.model
    def _get_lead_times(self, offers, receipts):
        """Lead time of every offer from receipts of the vendor and of the product."""
        vendors, owner = np.unique(offers.vendor, return_inverse=True)
        of_vendor = {vendor: row for row, vendor in enumerate(vendors.tolist())}
        keys = list(zip(offers.vendor.tolist(), offers.product.tolist(), strict=True))
        of_pair = {key: row for row, key in enumerate(dict.fromkeys(keys))}
        stated, owners = np.zeros(len(of_pair)), np.zeros(len(of_pair), dtype=int)
        for key, days, vendor in zip(keys, offers.stated, owner, strict=True):
            stated[of_pair[key]], owners[of_pair[key]] = days, vendor
        counts = np.maximum(np.bincount(owner, minlength=len(vendors)), 1)
        usual = np.bincount(owner, offers.stated, len(vendors)) / counts
        # Receipts of products that nobody asks about teach about the vendor only: their
        # pair is one more, which is dropped below.
        other = len(of_pair)
        receipts = [row for row in receipts if row[0] in of_vendor]
        fitted = lead_time.by_product(
            [days for _vendor, _product, days in receipts],
            [of_vendor[vendor] for vendor, _product, _days in receipts],
            [of_pair.get((v, p), other) for v, p, _days in receipts],
            np.append(stated, 0.0),
            np.append(owners, 0),
            usual,
        )
        rows = np.array([of_pair[key] for key in keys], dtype=int)
        return fitted.mean[rows], fitted.deviation[rows], fitted.receipts[rows]

    @api.model
    def _read_returns(self, company, product_ids, today):
        """Units received and returned of purchase orders: rows (vendor, product,
        received, returned) of the vendors and products asked for; product 0 is all of a
        vendor, vendor 0 all vendors."""
        return self.env.execute_query(
            SQL(
                """
            SELECT COALESCE(vendor_id, 0), COALESCE(product_id, 0),
                   SUM(received)::float, SUM(returned)::float
              FROM (
                SELECT v.commercial_partner_id AS vendor_id, m.product_id,
                       CASE src.usage WHEN 'supplier' THEN m.product_qty ELSE 0 END
                           AS received,
                       CASE dest.usage WHEN 'supplier' THEN m.product_qty ELSE 0 END
                           AS returned
                  FROM stock_move m
                  JOIN purchase_order_line l ON l.id = m.purchase_line_id
                  JOIN purchase_order o ON o.id = l.order_id
                  JOIN res_partner v ON v.id = o.partner_id
                  JOIN stock_location src ON src.id = m.location_id
                  JOIN stock_location dest ON dest.id = m.location_dest_id
                 WHERE m.state = 'done' AND m.company_id = %(company)s
                   AND m.date >= %(since)s
                   AND 'supplier' IN (src.usage, dest.usage)) AS moved
             GROUP BY GROUPING SETS ((), (vendor_id), (vendor_id, product_id))
            HAVING GROUPING(product_id) = 1 OR product_id = ANY(%(products)s)
            """,
                company=company.id,
                since=fields.Date.subtract(today, days=RECEIPT_DAYS),
                products=product_ids,
            )
        )

    @api.model
    def _get_returned(self, offers, rows):
        """Part of the units of each offer that goes back, ``(k,)``.

        :param rows: of :meth:`_read_returns`.
        """
        seen = {(vendor, product): units for vendor, product, *units in rows}

        def units(keys):
            facts = [seen.get(key) or (0.0, 0.0) for key in keys]
            return np.nan_to_num(np.array(facts, dtype=float)).T

        vendors, products = offers.vendor.tolist(), offers.product.tolist()
        [received], [returned] = units([(0, 0)])
        part = returned / received if received > 0 else 0.0
        for keys in (
            [(vendor, 0) for vendor in vendors],
            list(zip(vendors, products, strict=True)),
        ):
            received, returned = units(keys)
            part = sourcing.returned_part(returned, received, part)
        return part

    @api.model
    def _measure(self, company, offers, product_ids, today):
        """The offers with what receipts and returns say about them."""
        receipts = self._read_receipts(company, product_ids, today)
        mean, deviation, count = self._get_lead_times(offers, receipts)
        returns = self._read_returns(company, product_ids, today)
        return replace(
            offers,
            lead_mean=mean,
            lead_deviation=deviation,
            receipts=count,
            returned=self._get_returned(offers, returns),
        )

    @api.model
    def _get_cost(self, offers, rows, weekly, deviation, settings):
        """Cost of a year of buying by offers, :class:`sourcing.TotalCost`. A hook.

        :param rows: of the offers, which are measured.
        :param weekly: demand of a week; :param deviation: of it.
        :param settings: those of ``COMPARED_SETTINGS``, of each row.
        """
        price, pack = offers.price[rows], offers.pack[rows]
        return sourcing.total_cost(
            weekly * 52,
            deviation * np.sqrt(52),
            price,
            settings["order_cost"],
            settings["holding_rate"] / 100,
            COMPARED_FACTOR,
            offers.lead_mean[rows] / 365,
            offers.lead_deviation[rows] / 365,
            offers.smallest[rows],
            np.where(pack > 1, pack, 0.0),
            offers.returned[rows],
            price * settings["defect_cost"] / 100,
        )

    @api.model
    def _choose(self, company, pairs, offers, weekly, deviation, settings, today):
        """The cheapest source of every pair.

        :param weekly: ``(n,)`` demand of a week; :param deviation: ``(n,)`` of it.
        :param settings: name to ``(n,)``, of the policies.
        :return: :class:`Sources`.
        """
        size = len(pairs)
        none = np.zeros(size, dtype=int)
        default = np.asarray(settings["default_lead_days"], dtype=float)
        best = {
            "info": none.copy(),
            "vendor": none.copy(),
            "unit": none.copy(),
            "receipts": none.copy(),
            "second": none.copy(),
            "price": np.zeros(size),
            "smallest": np.zeros(size),
            "pack": np.ones(size),
            "returned": np.zeros(size),
            "cost": np.zeros(size),
            "second_cost": np.zeros(size),
            "lead_mean": default.copy(),
            "lead_deviation": default * lead_time.STATED_VARIATION,
        }
        if len(offers.info):
            product_ids = np.unique(pairs.product).tolist()
            offers = self._measure(company, offers, product_ids, today)
            self._fill_cheapest(best, pairs, offers, weekly, deviation, settings)
        return Sources(**best)

    @api.model
    def _fill_cheapest(self, best, pairs, offers, weekly, deviation, settings):
        """Put the offer of least total cost, and the next vendor, into ``best``."""
        first = np.searchsorted(offers.product, pairs.product, side="left")
        last = np.searchsorted(offers.product, pairs.product, side="right")
        count = last - first
        pair = np.repeat(np.arange(len(pairs)), count)
        if not len(pair):
            return
        start = np.repeat(first - (np.cumsum(count) - count), count)
        offer = np.arange(len(pair)) + start
        chosen = {name: settings[name][pair] for name in COMPARED_SETTINGS}
        cost = self._get_cost(
            offers, offer, weekly[pair], deviation[pair], chosen
        ).total
        cost = np.where(np.isfinite(cost), cost, np.inf)
        # A price of zero is one that nobody typed: such an offer only counts when there
        # is no other.
        unknown = offers.price[offer] <= 0
        order = np.lexsort((np.arange(len(pair)), cost, unknown, pair))
        pair, offer, cost = pair[order], offer[order], cost[order]
        rows, at = np.unique(pair, return_index=True)
        won = offer[at]
        for name in TAKEN_OVER:
            best[name][rows] = getattr(offers, name)[won]
        best["cost"][rows] = np.where(np.isfinite(cost[at]), cost[at], 0.0)
        others = offers.vendor[offer] != best["vendor"][pair]
        rows, at = np.unique(pair[others], return_index=True)
        best["second"][rows] = offers.vendor[offer[others][at]]
        best["second_cost"][rows] = cost[others][at]
