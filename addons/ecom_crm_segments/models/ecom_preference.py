"""What customers like and what went wrong with their orders."""

from odoo import api, fields, models
from odoo.tools import SQL

#: favourites that are shown of a contact
SHOWN = 3
#: orders they are taken from, the last ones: a contact with thousands opens as fast
RECENT = 200


class EcomCustomerRefresher(models.AbstractModel):
    _inherit = "ecom.customer.refresher"

    @api.model
    def _get_preference_queries(self, partner_ids):
        """SQL by name, each by ``company_id`` and ``partner_id``.

        Together they have the columns ``PREFERENCES``. Of values that come equally
        often PostgreSQL's ``mode`` takes the first one in its order.
        """
        return {
            "habits": self._get_habits_query(partner_ids),
            "favourites": self._get_favourites_query(partner_ids),
            "attributes": self._get_attributes_query(partner_ids),
            "held": self._get_held_query(partner_ids),
        }

    @api.model
    def _get_habits_query(self, partner_ids):
        """What is the same in most confirmed orders, and which came late."""
        carrier, pickup, join = self._get_delivery_columns()
        return SQL(
            """
            SELECT o.company_id,
                   p.commercial_partner_id AS partner_id,
                   mode() WITHIN GROUP (ORDER BY %(carrier)s COLLATE "C") AS carrier,
                   mode() WITHIN GROUP (ORDER BY %(payment)s COLLATE "C")
                       AS payment_method,
                   lpad((mode() WITHIN GROUP (ORDER BY %(hour)s))::text, 2, '0')
                       AS order_hour,
                   avg((%(pickup)s)::int) AS pickup_share,
                   (count(*) FILTER (WHERE %(late)s))::int AS late_count
              FROM sale_order o
              JOIN res_partner p ON p.id = o.partner_id
              JOIN res_company c ON c.id = o.company_id
              JOIN res_partner h ON h.id = c.partner_id
              LEFT JOIN (%(payments)s) pay ON pay.sale_order_id = o.id
              %(join)s
             WHERE o.state = 'sale' AND p.commercial_partner_id IS NOT NULL
               AND %(scope)s
             GROUP BY o.company_id, p.commercial_partner_id
            """,
            carrier=carrier,
            pickup=pickup,
            join=join,
            payment=self._get_payment_column(),
            payments=self._get_payments_query(partner_ids),
            hour=SQL(
                "extract(hour FROM o.date_order AT TIME ZONE 'UTC' "
                "AT TIME ZONE COALESCE(h.tz, 'UTC'))::int"
            ),
            late=self._get_late_condition(),
            scope=self._get_scope(SQL("p.commercial_partner_id"), partner_ids),
        )

    @api.model
    def _get_delivery_columns(self):
        """Carrier of order ``o``, whether it was picked up, and what is joined for it.

        Core's delivery knows carriers, ecom_orders the deliveries that buyers chose.
        """
        order = self.env["sale.order"]
        if "carrier_id" not in order._fields:
            return SQL("NULL::text"), SQL("FALSE"), SQL()
        join = SQL("LEFT JOIN delivery_carrier d ON d.id = o.carrier_id")
        carrier = SQL("d.name->>'en_US'")
        pickup = SQL("COALESCE(d.delivery_type = 'in_store', FALSE)")
        if "ecom_shipping_method_id" in order._fields:
            join = SQL(
                "%s LEFT JOIN ecom_shipping_method s "
                "ON s.id = o.ecom_shipping_method_id",
                join,
            )
            carrier = SQL("COALESCE(%s, s.title)", carrier)
            pickup = SQL("(%s OR COALESCE(s.pickup, FALSE))", pickup)
        return carrier, pickup, join

    @api.model
    def _get_payment_column(self):
        """Payment method of order ``o``: as the channel calls it, else what paid it."""
        if "ecom_payment_title" not in self.env["sale.order"]._fields:
            return SQL("pay.name")
        return SQL(
            "COALESCE(NULLIF(o.ecom_payment_title, ''), "
            "NULLIF(o.ecom_payment_method, ''), pay.name)"
        )

    @api.model
    def _get_payments_query(self, partner_ids):
        """Names of the methods that paid orders; payments that failed tell nothing."""
        return SQL(
            """
            SELECT r.sale_order_id, min(m.name->>'en_US') AS name
              FROM sale_order_transaction_rel r
              JOIN payment_transaction t ON t.id = r.transaction_id
              JOIN payment_method m ON m.id = t.payment_method_id
              JOIN sale_order o ON o.id = r.sale_order_id
              JOIN res_partner p ON p.id = o.partner_id
             WHERE t.state IN ('authorized', 'done') AND %s
             GROUP BY r.sale_order_id
            """,
            self._get_scope(SQL("p.commercial_partner_id"), partner_ids),
        )

    @api.model
    def _get_late_condition(self):
        """Order ``o`` has a promised day and came, or is still to come, after it.

        Only where core's sale_stock knows when orders were delivered.
        """
        if "effective_date" not in self.env["sale.order"]._fields:
            return SQL("FALSE")
        return SQL(
            "o.commitment_date::date < COALESCE(o.effective_date::date, %s::date)",
            fields.Date.today(),
        )

    @api.model
    def _get_goods(self):
        """Condition that line ``l`` is of goods."""
        delivery = SQL("TRUE")
        if "is_delivery" in self.env["sale.order.line"]._fields:
            delivery = SQL("l.is_delivery IS NOT TRUE")
        return SQL(
            "l.product_uom_qty > 0 AND l.is_downpayment IS NOT TRUE AND %s", delivery
        )

    @api.model
    def _get_lines(self, partner_ids):
        """FROM and WHERE of lines ``l`` of goods that customers ``p`` bought."""
        return (
            SQL(
                """
                  FROM sale_order_line l
                  JOIN sale_order o ON o.id = l.order_id
                  JOIN res_partner p ON p.id = o.partner_id
                """
            ),
            SQL(
                """
                o.state = 'sale' AND p.commercial_partner_id IS NOT NULL
                AND %s AND %s
                """,
                self._get_goods(),
                self._get_scope(SQL("p.commercial_partner_id"), partner_ids),
            ),
        )

    @api.model
    def _get_favourites_query(self, partner_ids):
        lines, condition = self._get_lines(partner_ids)
        return SQL(
            """
            SELECT o.company_id,
                   p.commercial_partner_id AS partner_id,
                   mode() WITHIN GROUP (ORDER BY t.categ_id) AS favourite_category_id
              %s
              JOIN product_product v ON v.id = l.product_id
              JOIN product_template t ON t.id = v.product_tmpl_id
             WHERE %s
             GROUP BY o.company_id, p.commercial_partner_id
            """,
            lines,
            condition,
        )

    @api.model
    def _get_attributes_query(self, partner_ids):
        lines, condition = self._get_lines(partner_ids)
        return SQL(
            """
            SELECT o.company_id,
                   p.commercial_partner_id AS partner_id,
                   mode() WITHIN GROUP (ORDER BY a.product_attribute_value_id)
                       AS favourite_attribute_id
              %s
              JOIN product_variant_combination x ON x.product_product_id = l.product_id
              JOIN product_template_attribute_value a
                ON a.id = x.product_template_attribute_value_id
             WHERE %s
             GROUP BY o.company_id, p.commercial_partner_id
            """,
            lines,
            condition,
        )

    @api.model
    def _get_held_query(self, partner_ids):
        """Orders that a reason of ecom_orders held, whatever became of them."""
        if "ecom.order.block" not in self.env:
            return SQL(
                "SELECT 0 AS company_id, 0 AS partner_id, 0 AS held_count WHERE FALSE"
            )
        return SQL(
            """
            SELECT o.company_id,
                   p.commercial_partner_id AS partner_id,
                   count(DISTINCT o.id)::int AS held_count
              FROM ecom_order_block b
              JOIN sale_order o ON o.id = b.order_id
              JOIN res_partner p ON p.id = o.partner_id
             WHERE b.holding AND %s
             GROUP BY o.company_id, p.commercial_partner_id
            """,
            self._get_scope(SQL("p.commercial_partner_id"), partner_ids),
        )

    @api.model
    def _read_shown(self, company, partner_ids):
        """Favourites of contacts in their last orders, most frequent first.

        :return: dictionary of (kind, contact) to ids, at most ``SHOWN`` of each; kinds
            are ``category`` and ``attribute``. Nobody who is not profiled.
        """
        rows = self.env.execute_query(
            SQL(
                """
                WITH orders AS (
                    SELECT p.commercial_partner_id AS partner_id, o.id,
                           row_number() OVER (PARTITION BY p.commercial_partner_id
                               ORDER BY o.date_order DESC, o.id DESC) AS rank
                      FROM res_partner p
                      JOIN sale_order o ON o.partner_id = p.id
                      JOIN res_partner h ON h.id = p.commercial_partner_id
                     WHERE o.company_id = %(company)s AND o.state = 'sale'
                       AND h.ecom_profiling_off IS NOT TRUE AND %(scope)s
                ), bought AS (
                    SELECT o.partner_id, l.product_id
                      FROM orders o
                      JOIN sale_order_line l ON l.order_id = o.id
                     WHERE o.rank <= %(recent)s AND %(goods)s
                ), liked AS (
                    SELECT 'category' AS kind, b.partner_id, t.categ_id AS liked_id
                      FROM bought b
                      JOIN product_product v ON v.id = b.product_id
                      JOIN product_template t ON t.id = v.product_tmpl_id
                     WHERE t.categ_id IS NOT NULL
                     UNION ALL
                    SELECT 'attribute', b.partner_id, a.product_attribute_value_id
                      FROM bought b
                      JOIN product_variant_combination x
                        ON x.product_product_id = b.product_id
                      JOIN product_template_attribute_value a
                        ON a.id = x.product_template_attribute_value_id
                ), ranked AS (
                    SELECT kind, partner_id, liked_id,
                           row_number() OVER (PARTITION BY kind, partner_id
                               ORDER BY count(*) DESC, liked_id) AS rank
                      FROM liked
                     GROUP BY kind, partner_id, liked_id
                )
                SELECT kind, partner_id, array_agg(liked_id ORDER BY rank)
                  FROM ranked
                 WHERE rank <= %(shown)s
                 GROUP BY kind, partner_id
                """,
                scope=self._get_scope(SQL("p.commercial_partner_id"), partner_ids),
                goods=self._get_goods(),
                company=company.id,
                recent=RECENT,
                shown=SHOWN,
            )
        )
        return {(kind, partner_id): ids for kind, partner_id, ids in rows}


class ResPartner(models.Model):
    _inherit = "res.partner"

    ecom_favourite_category_ids = fields.Many2many(
        "product.category",
        string="Favourite Categories",
        compute="_compute_ecom_favourites",
        groups="ecom_crm_segments.group_user",
        help="What most lines of their last orders are of.",
    )
    ecom_favourite_attribute_ids = fields.Many2many(
        "product.attribute.value",
        string="Favourite Attributes",
        compute="_compute_ecom_favourites",
        groups="ecom_crm_segments.group_user",
    )
    ecom_carrier = fields.Char(
        string="Preferred Delivery",
        compute="_compute_ecom_preferences",
        groups="ecom_crm_segments.group_user",
    )
    ecom_payment_method = fields.Char(
        string="Preferred Payment",
        compute="_compute_ecom_preferences",
        groups="ecom_crm_segments.group_user",
    )
    ecom_pickup_share = fields.Float(
        string="Picked Up",
        compute="_compute_ecom_preferences",
        groups="ecom_crm_segments.group_user",
    )
    ecom_return_count = fields.Integer(
        string="Returns",
        compute="_compute_ecom_preferences",
        groups="ecom_crm_segments.group_user",
    )
    ecom_late_count = fields.Integer(
        string="Late Orders",
        compute="_compute_ecom_preferences",
        groups="ecom_crm_segments.group_user",
    )
    ecom_held_count = fields.Integer(
        string="Held Orders",
        compute="_compute_ecom_preferences",
        groups="ecom_crm_segments.group_user",
    )
    ecom_open_activity_count = fields.Integer(
        string="Open Activities",
        compute="_compute_ecom_open_activity_count",
        groups="ecom_crm_segments.group_user",
        help="On the contact, on people of the same company, and on their orders.",
    )

    @api.depends_context("company")
    @api.depends("ecom_customer_id")
    def _compute_ecom_preferences(self):
        for partner in self:
            customer = partner.ecom_customer_id
            partner.ecom_carrier = customer.carrier
            partner.ecom_payment_method = customer.payment_method
            partner.ecom_pickup_share = customer.pickup_share
            partner.ecom_return_count = customer.return_count
            partner.ecom_late_count = customer.late_count
            partner.ecom_held_count = customer.held_count

    @api.depends_context("company")
    @api.depends("commercial_partner_id", "ecom_profiling_off")
    def _compute_ecom_favourites(self):
        self.env.flush_all()
        shown = self.env["ecom.customer.refresher"]._read_shown(
            self.env.company, self.commercial_partner_id.ids
        )
        for partner in self:
            key = partner.commercial_partner_id.id
            partner.ecom_favourite_category_ids = shown.get(("category", key), [])
            partner.ecom_favourite_attribute_ids = shown.get(("attribute", key), [])

    @api.depends_context("company")
    @api.depends("commercial_partner_id")
    def _compute_ecom_open_activity_count(self):
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                WITH records AS (
                    SELECT commercial_partner_id AS partner_id,
                           'res.partner' AS model, id
                      FROM res_partner
                     WHERE commercial_partner_id = ANY(%(partners)s)
                     UNION ALL
                    SELECT p.commercial_partner_id, 'sale.order', o.id
                      FROM sale_order o
                      JOIN res_partner p ON p.id = o.partner_id
                     WHERE p.commercial_partner_id = ANY(%(partners)s)
                       AND o.company_id = %(company)s
                )
                SELECT r.partner_id, count(*)
                  FROM records r
                  JOIN mail_activity a ON a.res_model = r.model AND a.res_id = r.id
                 WHERE a.active
                 GROUP BY r.partner_id
                """,
                partners=self.commercial_partner_id.ids,
                company=self.env.company.id,
            )
        )
        counts = dict(rows)
        for partner in self:
            partner.ecom_open_activity_count = counts.get(
                partner.commercial_partner_id.id, 0
            )
