"""Error bodies of WordPress and WooCommerce.

Shapes are those of recorded answers (wrong secret, unknown order, per_page 101, batch
above 100, duplicate SKU, refund beyond the total); the remaining codes and messages are
those that WooCommerce documents or its server source contains.
"""

from __future__ import annotations

from typing import Any


class WooError(Exception):
    """An error answer: ``{"code", "message", "data"}`` with an HTTP status."""

    def __init__(
        self, code: str, message: str, status: int, data: Any = None, **extra: Any
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.data = {"status": status, **extra} if data is None else data

    def as_json(self) -> dict[str, Any]:
        """Return the body."""
        return {"code": self.code, "message": self.message, "data": self.data}


def no_route() -> WooError:
    """No such URL, or the URL does not take this method."""
    message = "No route was found matching the URL and request method."
    return WooError("rest_no_route", message, 404)


def authentication(message: str) -> WooError:
    """The credentials are wrong."""
    return WooError("woocommerce_rest_authentication_error", message, 401)


def missing_oauth(names: list[str]) -> WooError:
    """Some OAuth parameters are there, others not."""
    plural = "s" if len(names) > 1 else ""
    message = f"Missing OAuth parameter{plural} {', '.join(names)}"
    code = "woocommerce_rest_authentication_missing_parameter"
    return WooError(code, message, 401)


_NOT_ALLOWED = {
    "list": ("cannot_view", "Sorry, you cannot list resources."),
    "view": ("cannot_view", "Sorry, you cannot view this resource."),
    "create": ("cannot_create", "Sorry, you are not allowed to create resources."),
    "edit": ("cannot_edit", "Sorry, you are not allowed to edit this resource."),
    "delete": ("cannot_delete", "Sorry, you are not allowed to delete this resource."),
    "batch": (
        "cannot_batch",
        "Sorry, you are not allowed to batch manipulate this resource.",
    ),
}


def not_allowed(action: str) -> WooError:
    """Nobody is logged in (no usable credentials were sent)."""
    code, message = _NOT_ALLOWED[action]
    return WooError(f"woocommerce_rest_{code}", message, 401)


def invalid_id(kind: str, status: int = 404) -> WooError:
    """There is no such row. Reading answers 404, writing 400."""
    return WooError(f"woocommerce_rest_{kind}_invalid_id", "Invalid ID.", status)


def invalid_params(details: dict[str, tuple[str, str]]) -> WooError:
    """Parameters do not pass validation; ``details``: name to (code, message)."""
    return WooError(
        "rest_invalid_param",
        f"Invalid parameter(s): {', '.join(details)}",
        400,
        params={name: message for name, (_code, message) in details.items()},
        details={
            name: {"code": code, "message": message, "data": None}
            for name, (code, message) in details.items()
        },
    )


def missing_params(names: list[str]) -> WooError:
    """Required parameters are missing."""
    message = f"Missing parameter(s): {', '.join(names)}"
    return WooError("rest_missing_callback_param", message, 400, params=names)


def bad_value(problem: Exception) -> WooError:
    """A value in the body is of the wrong kind."""
    message = f"Invalid parameter(s): {problem}"
    return WooError("rest_invalid_param", message, 400, params={}, details={})


def invalid_json() -> WooError:
    """The body is not JSON."""
    return WooError(
        "rest_invalid_json",
        "Invalid JSON body passed.",
        400,
        json_error_code=4,
        json_error_message="Syntax error",
    )


def batch_too_large(limit: int) -> WooError:
    """More rows in a batch than allowed."""
    message = f"Unable to accept more than {limit} items for this request."
    return WooError("woocommerce_rest_request_entity_too_large", message, 413)


def no_trash(kind: str) -> WooError:
    """The resource cannot be trashed, only deleted with ``force=true``."""
    message = f"{kind} do not support trashing."
    return WooError("woocommerce_rest_trash_not_supported", message, 501)
