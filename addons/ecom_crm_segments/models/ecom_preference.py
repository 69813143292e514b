"""What customers like and what went wrong with their orders."""

from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL

#: favourites that are kept of a customer
SHOWN = 3
#: products that are kept of a customer, those bought last
OWNED = 100
HOURS = range(24)


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
            "tastes": self._get_tastes_query(partner_ids),
            "held": self._get_held_query(partner_ids),
        }

    @api.model
    def _get_habits_query(self, partner_ids):
        """What is the same in most confirmed orders, and which came late."""
        counts = [SQL.identifier(f"h{hour}") for hour in HOURS]
        return SQL(
            """
            SELECT q.*,
                   lpad((array_position(ARRAY[%(counts)s], GREATEST(%(counts)s)) - 1)
                       ::text, 2, '0') AS order_hour,
                   array_to_string(ARRAY[%(counts)s], ' ') AS order_hours
              FROM (SELECT company_id,
                           partner_id,
                           mode() WITHIN GROUP (ORDER BY carrier COLLATE "C")
                               AS carrier,
                           mode() WITHIN GROUP (ORDER BY payment COLLATE "C")
                               AS payment_method,
                           avg(pickup::int) AS pickup_share,
                           (count(*) FILTER (WHERE late))::int AS late_count,
                           %(hours)s
                      FROM (%(orders)s) o
                     GROUP BY company_id, partner_id) q
            """,
            counts=SQL(", ").join(counts),
            hours=SQL(", ").join(
                SQL("count(*) FILTER (WHERE hour = %s) AS %s", hour, name)
                for hour, name in zip(HOURS, counts, strict=True)
            ),
            orders=self._get_habit_orders_query(partner_ids),
        )

    @api.model
    def _get_habit_orders_query(self, partner_ids):
        """Confirmed orders with what may be a habit.

        ``OFFSET 0`` keeps PostgreSQL from working out the hour at each of its uses.
        """
        carrier, pickup, join = self._get_delivery_columns()
        return SQL(
            """
            SELECT o.company_id,
                   p.commercial_partner_id AS partner_id,
                   %(carrier)s AS carrier,
                   %(payment)s AS payment,
                   %(pickup)s AS pickup,
                   %(late)s AS late,
                   extract(hour FROM o.date_order AT TIME ZONE 'UTC'
                       AT TIME ZONE COALESCE(h.tz, 'UTC'))::int AS hour
              FROM sale_order o
              JOIN res_partner p ON p.id = o.partner_id
              JOIN res_company c ON c.id = o.company_id
              JOIN res_partner h ON h.id = c.partner_id
              LEFT JOIN (%(payments)s) pay ON pay.sale_order_id = o.id
              %(join)s
             WHERE o.state = 'sale' AND p.commercial_partner_id IS NOT NULL
               AND %(scope)s
            OFFSET 0
            """,
            carrier=carrier,
            pickup=pickup,
            join=join,
            payment=self._get_payment_column(),
            payments=self._get_payments_query(partner_ids),
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
    def _get_tastes_query(self, partner_ids):
        """Products that customers bought, and what most lines of goods are of.

        Lines are counted by product first: there are fewer of these, and all else is
        summed up from them. What comes equally often is in the order of its id.
        """
        return SQL(
            """
            WITH bought AS MATERIALIZED (%(bought)s), categories AS (
                %(categories)s
            ), attributes AS (
                %(attributes)s
            ), products AS (
                SELECT company_id, partner_id,
                       array_agg(product_id ORDER BY last DESC, product_id) AS ids
                  FROM bought
                 GROUP BY company_id, partner_id
            )
            SELECT company_id,
                   partner_id,
                   c.ids[1] AS favourite_category_id,
                   a.ids[1] AS favourite_attribute_id,
                   to_jsonb(c.ids[:%(shown)s]) AS favourite_categories,
                   to_jsonb(a.ids[:%(shown)s]) AS favourite_attributes,
                   to_jsonb(p.ids[:%(owned)s]) AS last_products
              FROM products p
              LEFT JOIN categories c USING (company_id, partner_id)
              LEFT JOIN attributes a USING (company_id, partner_id)
            """,
            bought=self._get_bought_query(partner_ids),
            categories=self._rank_by_lines(
                SQL("t.categ_id"),
                SQL(
                    """
                    JOIN product_product v ON v.id = b.product_id
                    JOIN product_template t ON t.id = v.product_tmpl_id
                    """
                ),
            ),
            attributes=self._rank_by_lines(
                SQL("a.product_attribute_value_id"),
                SQL(
                    """
                    JOIN product_variant_combination x
                      ON x.product_product_id = b.product_id
                    JOIN product_template_attribute_value a
                      ON a.id = x.product_template_attribute_value_id
                    """
                ),
            ),
            shown=SHOWN,
            owned=OWNED,
        )

    @api.model
    def _get_bought_query(self, partner_ids):
        """Lines of goods by customer and product, and when the last one was ordered."""
        return SQL(
            """
            SELECT o.company_id,
                   p.commercial_partner_id AS partner_id,
                   l.product_id,
                   count(*)::int AS lines,
                   max(o.date_order) AS last
              FROM sale_order_line l
              JOIN sale_order o ON o.id = l.order_id
              JOIN res_partner p ON p.id = o.partner_id
             WHERE o.state = 'sale' AND p.commercial_partner_id IS NOT NULL
               AND l.product_id IS NOT NULL AND %s AND %s
             GROUP BY o.company_id, p.commercial_partner_id, l.product_id
            """,
            self._get_goods(),
            self._get_scope(SQL("p.commercial_partner_id"), partner_ids),
        )

    @api.model
    def _rank_by_lines(self, liked, joins):
        """What customers ``b`` bought most lines of, as an array ``ids``."""
        return SQL(
            """
            SELECT company_id, partner_id,
                   array_agg(liked ORDER BY lines DESC, liked) AS ids
              FROM (SELECT b.company_id, b.partner_id, %(liked)s AS liked,
                           sum(b.lines) AS lines
                      FROM bought b
                      %(joins)s
                     WHERE %(liked)s IS NOT NULL
                     GROUP BY b.company_id, b.partner_id, %(liked)s) counted
             GROUP BY company_id, partner_id
            """,
            liked=liked,
            joins=joins,
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


class EcomCustomer(models.Model):
    _inherit = "ecom.customer"

    #: fields that keep ids, which no foreign key watches, by the model they are of
    _kept_ids = {
        "favourite_categories": "product.category",
        "favourite_attributes": "product.attribute.value",
        "last_products": "product.product",
    }

    def _get_kept(self, name):
        """Records that a field of ``_kept_ids`` stands for, but those deleted since.

        :return: dictionary of customer to records, none for who is not in it.
        """
        model = self.env[self._kept_ids[name]]
        ids = {customer: customer[name] or [] for customer in self}
        known = model.browse({id_ for kept in ids.values() for id_ in kept}).exists()
        there = set(known.ids)
        kept = defaultdict(model.browse)
        for customer, wanted in ids.items():
            kept[customer] = model.browse([id_ for id_ in wanted if id_ in there])
        return kept


class ResPartner(models.Model):
    _inherit = "res.partner"

    ecom_favourite_category_ids = fields.Many2many(
        "product.category",
        string="Favourite Categories",
        compute="_compute_ecom_preferences",
        groups="ecom_crm_segments.group_user",
        help="What most lines of their orders are of.",
    )
    ecom_favourite_attribute_ids = fields.Many2many(
        "product.attribute.value",
        string="Favourite Attributes",
        compute="_compute_ecom_preferences",
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
        customers = self.ecom_customer_id
        categories = customers._get_kept("favourite_categories")
        values = customers._get_kept("favourite_attributes")
        for partner in self:
            customer = partner.ecom_customer_id
            partner.ecom_favourite_category_ids = categories[customer]
            partner.ecom_favourite_attribute_ids = values[customer]
            partner.ecom_carrier = customer.carrier
            partner.ecom_payment_method = customer.payment_method
            partner.ecom_pickup_share = customer.pickup_share
            partner.ecom_return_count = customer.return_count
            partner.ecom_late_count = customer.late_count
            partner.ecom_held_count = customer.held_count

    @api.depends_context("company")
    @api.depends("commercial_partner_id")
    def _compute_ecom_open_activity_count(self):
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT partner_id, count(*)
                  FROM (
                    SELECT p.commercial_partner_id AS partner_id
                      FROM mail_activity a
                      JOIN res_partner p ON p.id = a.res_id
                     WHERE a.active AND a.res_model = 'res.partner'
                       AND p.commercial_partner_id = ANY(%(partners)s)
                     UNION ALL
                    SELECT p.commercial_partner_id
                      FROM mail_activity a
                      JOIN sale_order o ON o.id = a.res_id
                      JOIN res_partner p ON p.id = o.partner_id
                     WHERE a.active AND a.res_model = 'sale.order'
                       AND p.commercial_partner_id = ANY(%(partners)s)
                       AND o.company_id = %(company)s
                  ) q
                 GROUP BY partner_id
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
