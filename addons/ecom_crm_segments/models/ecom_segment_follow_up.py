"""What happens to whoever joins or leaves a segment: a tag, an activity."""

from odoo import api, fields, models
from odoo.tools import SQL


class EcomSegmentMembership(models.Model):
    _inherit = "ecom.segment.membership"

    offered_tag_id = fields.Many2one(
        "res.partner.category",
        readonly=True,
        ondelete="set null",
        help="The tag that this membership was to bring.",
    )
    tag_put = fields.Boolean(
        readonly=True,
        help="The segment put the tag, and takes it away. A tag that a person put is "
        "left alone.",
    )

    @api.ondelete(at_uninstall=False)
    def _unlink_take_tags(self):
        """A contact whose profile is erased keeps no tag that came from it."""
        for membership in self.filtered("tag_put"):
            membership.partner_id.category_id -= membership.offered_tag_id


class EcomSegment(models.Model):
    _inherit = "ecom.segment"

    tag_id = fields.Many2one(
        "res.partner.category",
        string="Tag of Members",
        tracking=True,
        ondelete="set null",
        copy=False,
        help="Put on the contact when it joins, taken away when it leaves, unless a "
        "person put it.",
    )
    join_activity = fields.Boolean(
        string="Activity When Somebody Joins",
        tracking=True,
        help="The contact's salesperson gets it. Members of the first update are no "
        "news.",
    )
    join_summary = fields.Char(string="What to Do", translate=True)
    join_user_id = fields.Many2one(
        "res.users",
        string="Without Salesperson",
        domain="[('share', '=', False)]",
        default=lambda self: self.env.user,
        help="Who gets the activity of contacts without a salesperson.",
    )
    join_limit = fields.Integer(
        string="At Most per Update",
        default=50,
        help="Of more people who join at once, the segment's log tells.",
    )

    def write(self, vals):
        result = super().write(vals)
        if "tag_id" in vals:
            for segment in self:
                segment._sync_tags()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_take_tags(self):
        self.tag_id = False

    def _follow_up(self, joined_ids, first):
        self._sync_tags()
        if self.join_activity and joined_ids and not first:
            self._make_join_activities(joined_ids)
        return super()._follow_up(joined_ids, first)

    # -- tags --------------------------------------------------------------------------

    def _sync_tags(self):
        """Take tags from members who left, and put them on those who joined.

        Each membership is offered a tag once: one that a person took away does not
        come back.
        """
        self.ensure_one()
        self.env.flush_all()
        # By SQL: a segment may have hundreds of thousands of members.
        values = {"segment": self.id, "tag": self.tag_id.id or None}
        self.env.cr.execute(SQL(self._SQL_TAKE_TAGS, **values))
        changed = self.env.cr.rowcount
        if self.tag_id:
            self.env.cr.execute(SQL(self._SQL_PUT_TAGS, **values))
            changed += self.env.cr.rowcount
        if changed:
            self.env["res.partner"].invalidate_model(["category_id"])
            self.env["res.partner.category"].invalidate_model(["partner_ids"])
            self.env["ecom.segment.membership"].invalidate_model()

    # A segment that shares the tag takes it over.
    _SQL_TAKE_TAGS = """
        WITH gone AS (
            UPDATE ecom_segment_membership m
               SET tag_put = FALSE, offered_tag_id = NULL
              FROM (SELECT id, offered_tag_id AS tag_id, tag_put
                      FROM ecom_segment_membership
                     WHERE segment_id = %(segment)s AND offered_tag_id IS NOT NULL
                       AND (date_left IS NOT NULL
                            OR offered_tag_id IS DISTINCT FROM %(tag)s::int)
                       FOR UPDATE) old
             WHERE m.id = old.id
            RETURNING m.partner_id, old.tag_id, old.tag_put
        ), heirs AS (
            UPDATE ecom_segment_membership n
               SET tag_put = TRUE
              FROM (SELECT DISTINCT ON (g.partner_id, g.tag_id) h.id
                      FROM gone g
                      JOIN ecom_segment_membership h
                        ON h.partner_id = g.partner_id
                       AND h.offered_tag_id = g.tag_id
                       AND h.date_left IS NULL AND h.segment_id != %(segment)s
                     WHERE g.tag_put
                     ORDER BY g.partner_id, g.tag_id, h.id) heir
             WHERE n.id = heir.id
            RETURNING n.partner_id, n.offered_tag_id AS tag_id
        )
        DELETE FROM res_partner_res_partner_category_rel r
         USING gone g
         WHERE g.tag_put
           AND r.partner_id = g.partner_id AND r.category_id = g.tag_id
           AND NOT EXISTS (
               SELECT 1 FROM heirs h
                WHERE h.partner_id = g.partner_id AND h.tag_id = g.tag_id)
    """
    _SQL_PUT_TAGS = """
        WITH joined AS (
            SELECT id, partner_id
              FROM ecom_segment_membership
             WHERE segment_id = %(segment)s AND date_left IS NULL
               AND offered_tag_id IS DISTINCT FROM %(tag)s
        ), put AS (
            INSERT INTO res_partner_res_partner_category_rel (partner_id, category_id)
            SELECT partner_id, %(tag)s FROM joined
                ON CONFLICT DO NOTHING
            RETURNING partner_id
        )
        UPDATE ecom_segment_membership m
           SET offered_tag_id = %(tag)s,
               tag_put = EXISTS (
                   SELECT 1 FROM put WHERE put.partner_id = joined.partner_id)
          FROM joined
         WHERE m.id = joined.id
    """

    # -- activities --------------------------------------------------------------------

    def _make_join_activities(self, partner_ids):
        """Tell salespeople who joined; of too many the segment's log tells."""
        told = self.env["res.partner"].browse(partner_ids[: self.join_limit])
        self.env["mail.activity"].create(
            [self._prepare_join_activity(partner) for partner in told]
        )
        more = len(partner_ids) - len(told)
        if more:
            self.message_post(
                body=self.env._(
                    "%(count)s more people joined than activities are made for. See "
                    "under Members who they are.",
                    count=more,
                )
            )

    def _prepare_join_activity(self, partner):
        user = partner.user_id
        if not user.active or user.share:
            user = self.join_user_id or self.create_uid
        segment = self.with_context(lang=user.lang)
        return {
            "res_model_id": self.env["ir.model"]._get_id("res.partner"),
            "res_id": partner.id,
            "activity_type_id": self.env.ref("mail.mail_activity_data_todo").id,
            "user_id": user.id,
            "date_deadline": fields.Date.context_today(self),
            "summary": segment.join_summary
            or segment.env._("Joined the segment “%s”", segment.name),
        }


class ResPartner(models.Model):
    _inherit = "res.partner"

    def write(self, vals):
        if "category_id" not in vals:
            return super().write(vals)
        before = {partner: partner.category_id for partner in self}
        result = super().write(vals)
        for partner, tags in before.items():
            added = partner.category_id - tags
            if added:
                partner._keep_tags(added)
        return result

    def _keep_tags(self, tags):
        """From now on a person's own: no segment takes these tags away."""
        # Whoever tags a contact need not know of segments.
        memberships = self.env["ecom.segment.membership"].sudo()
        memberships.search(
            [
                ("partner_id", "in", self.ids),
                ("offered_tag_id", "in", tags.ids),
                ("tag_put", "=", True),
            ]
        ).tag_put = False
