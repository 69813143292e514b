from odoo import api, fields, models
from odoo.exceptions import UserError


class EcomSegmentOverlap(models.TransientModel):
    """Two segments and the members that they have in common, as of now."""

    _name = "ecom.segment.overlap"
    _description = "Overlap of two segments"
    _order = "segment_id, both_count DESC, id"
    _rec_name = "segment_id"

    segment_id = fields.Many2one("ecom.segment", readonly=True, ondelete="cascade")
    other_id = fields.Many2one(
        "ecom.segment", string="Other Segment", readonly=True, ondelete="cascade"
    )
    only_count = fields.Integer(string="Only in the Segment", readonly=True)
    both_count = fields.Integer(string="In Both", readonly=True)
    other_only_count = fields.Integer(string="Only in the Other", readonly=True)
    share = fields.Float(
        string="Share in the Other",
        readonly=True,
        aggregator=False,
        help="Share of the segment's members that are in the other one, too.",
    )

    @api.model
    def _open(self, segments, others):
        """Compare segments with others and show it, replacing what was shown before.

        :raises UserError: there is nothing to compare with.
        """
        segments.check_access("read")
        pairs = [(a, b) for a in segments for b in others if a != b]
        if not pairs:
            raise UserError(
                self.env._("There is no other segment to compare with. Make one first.")
            )
        self.search([("create_uid", "=", self.env.uid)]).unlink()
        counts = (segments | others)._get_overlaps()
        self.create([self._prepare(a, b, counts) for a, b in pairs])
        return self.env["ir.actions.actions"]._for_xml_id(
            "ecom_crm_segments.ecom_segment_overlap_action"
        )

    @api.model
    def _prepare(self, segment, other, counts):
        size = counts.get((segment.id, segment.id), 0)
        both = counts.get((segment.id, other.id), 0)
        return {
            "segment_id": segment.id,
            "other_id": other.id,
            "only_count": size - both,
            "both_count": both,
            "other_only_count": counts.get((other.id, other.id), 0) - both,
            "share": both / size if size else 0,
        }

    def action_view_both(self):
        """Open the contacts that are in both segments now."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._(
                "In “%(segment)s” and “%(other)s”",
                segment=self.segment_id.name,
                other=self.other_id.name,
            ),
            "res_model": "res.partner",
            "view_mode": "list,form",
            "domain": [
                ("ecom_membership_ids", "any", self._get_current(segment))
                for segment in (self.segment_id, self.other_id)
            ],
        }

    @api.model
    def _get_current(self, segment):
        return [("segment_id", "=", segment.id), ("date_left", "=", False)]
