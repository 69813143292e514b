from odoo import fields, models
from odoo.tools import SQL


class EcomPredictionPoint(models.Model):
    """Predicted and actual orders one below the other, for the calibration chart."""

    _name = "ecom.prediction.point"
    _description = "Point of the calibration chart"
    _auto = False
    _order = "repeat_orders, kind"
    _rec_name = "repeat_orders"

    prediction_id = fields.Many2one("ecom.prediction", readonly=True)
    repeat_orders = fields.Char(
        string="Repeat Orders Before",
        readonly=True,
        help="Orders before, the first one not counted.",
    )
    kind = fields.Selection(
        [("predicted", "Predicted"), ("actual", "Actual")], readonly=True
    )
    orders = fields.Float(string="Orders per Customer", readonly=True, aggregator="avg")

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT l.id * 2 + k.number AS id,
                   l.prediction_id,
                   l.repeat_orders || CASE WHEN l.and_more THEN '+' ELSE '' END
                       AS repeat_orders,
                   k.kind,
                   CASE k.kind WHEN 'actual' THEN l.actual ELSE l.predicted END
                       AS orders
              FROM ecom_prediction_line l,
                   (VALUES (0, 'predicted'), (1, 'actual')) AS k(number, kind)
            """
        )


class EcomPrediction(models.Model):
    _inherit = "ecom.prediction"

    def action_view_calibration(self):
        """Open the chart of predicted and actual orders."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "ecom_crm_segments.ecom_prediction_point_action"
        )
        return {**action, "domain": [("prediction_id", "=", self.id)]}
