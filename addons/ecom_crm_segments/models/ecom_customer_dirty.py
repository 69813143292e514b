from odoo import api, fields, models
from odoo.tools import SQL

PENDING = "ecom_crm_segments.customer_dirty"


class EcomCustomerDirty(models.Model):
    """Contacts whose figures are to be computed again.

    What a transaction touches is collected in memory and written in one statement when
    it commits: whoever sells waits for nobody.
    """

    _name = "ecom.customer.dirty"
    _figures_of_contact = True  # no reason to keep a contact from being erased
    _description = "Customer whose figures are to be computed again"
    _log_access = False

    partner_id = fields.Many2one("res.partner", required=True, ondelete="cascade")

    @api.model
    def _mark(self, partner_ids):
        """Have the figures of contacts computed again after this transaction."""
        partner_ids = set(filter(None, partner_ids))
        if not partner_ids:
            return
        precommit = self.env.cr.precommit
        if PENDING not in precommit.data:
            precommit.data[PENDING] = set()
            precommit.add(self._write_pending)
        precommit.data[PENDING].update(partner_ids)

    @api.model
    def _write_pending(self):
        """Write down what the transaction touched, and wake the job."""
        partner_ids = sorted(self.env.cr.precommit.data.pop(PENDING, ()))
        # Written for everybody who sells, whatever may be done in this addon.
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO ecom_customer_dirty (partner_id)
                SELECT DISTINCT commercial_partner_id
                  FROM res_partner
                 WHERE id = ANY(%(ids)s) AND commercial_partner_id IS NOT NULL
                """,
                ids=partner_ids,
            )
        )
        if self.env.cr.rowcount:
            cron = self.env.ref("ecom_crm_segments.ir_cron_refresh", False)
            # Waking a job needs no right: it runs as its own user.
            if cron:
                cron.sudo()._trigger()

    @api.model
    def _take(self, limit=20000):
        """Ids of contacts that are to be computed, taken out of the table."""
        rows = self.env.execute_query(
            SQL(
                """
                DELETE FROM ecom_customer_dirty
                 WHERE id IN (
                       SELECT id FROM ecom_customer_dirty
                        ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
                RETURNING partner_id
                """,
                limit,
            )
        )
        return sorted({partner_id for (partner_id,) in rows})
