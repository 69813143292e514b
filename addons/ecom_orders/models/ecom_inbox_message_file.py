from odoo import models

from ..marketplaces.base import UNREADABLE
from ..marketplaces.errors import PayloadError
from ..marketplaces.reading import parse_json


class RowRefused(PayloadError):
    """A row of a file that could not be read."""

    code = "bad_file_row"


class EcomInboxMessage(models.Model):
    """Rows of files that could not be read are messages that failed."""

    _inherit = "ecom.inbox.message"

    def _understand(self):
        if self.kind == UNREADABLE and self.channel_id.provider == "file":
            row = parse_json(self.body)
            details = self._prepare_row_details(row if isinstance(row, dict) else {})
            raise RowRefused("a row of the file cannot be read", **details)
        return super()._understand()
