"""How a scheduled job runs what may fail: a cron never fails."""

import logging

from ..marketplaces.errors import MarketplaceError
from .ecom_channel import UnexpectedError
from .ecom_inbox_message import CONCURRENCY_ERRORS
from .failure_log import log_failure

_logger = logging.getLogger(__name__)


def run_guarded(record, work, failed):
    """Do work so that its failure is a recorded fact, not an exception.

    When another transaction was faster, again and again, that is nobody's fault: this
    one is forgotten, and the next run does the work.

    :param record: whose work it is, for the log.
    :param failed: called with the :class:`MarketplaceError` to be recorded.
    :return: whether the work was done.
    """
    try:
        work()
    except MarketplaceError as error:
        _logger.info("%s: %s (%s)", record, error.code, error)
        failed(error)
    except CONCURRENCY_ERRORS as error:
        record.env["ecom.inbox.message"]._start_over(error)
    except Exception as error:  # noqa: BLE001 - the job must not fail, ever
        log_failure(_logger, error, "%s failed", record)
        record.env.cr.rollback()
        record.env.invalidate_all()
        failed(UnexpectedError(error=type(error).__name__))
    else:
        return True
    return False
