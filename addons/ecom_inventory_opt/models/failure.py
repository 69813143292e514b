"""What is told of a failure: what kind it is and which code led to it.

Messages of the database and of Python carry the values of the failing row; they stay
out of the log and of what is shown.
"""

import traceback

from odoo.exceptions import UserError


def log_failure(logger, error, message, *args):
    """Log an exception that was caught, without the values in it.

    :param logger: of the caller's module.
    :param message: what failed, with ``%`` placeholders for ``args``: ids, no names.
    """
    kind = type(error).__name__
    constraint = getattr(getattr(error, "diag", None), "constraint_name", None)
    frames = "".join(traceback.format_tb(error.__traceback__))
    about = f"{kind} ({constraint})" if constraint else kind
    logger.error(f"{message}: %s\n%s", *args, about, frames)


def explain_failure(env, error):
    """A sentence for a person: our own advice, or where to look."""
    if isinstance(error, UserError):
        return str(error)
    return env._(
        "An unexpected error (%s). The server's log says where; the next run tries "
        "again.",
        type(error).__name__,
    )
