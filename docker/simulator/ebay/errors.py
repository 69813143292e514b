"""Error bodies of eBay: ``errors[]`` with number, domain, category and message.

Numbers and texts are those of the OpenAPI documents where they have one; those of
Post-Order and OAuth (RFC 6749) are not in them.
"""

from __future__ import annotations

from typing import Any

FULFILLMENT = "API_FULFILLMENT"
INVENTORY = "API_INVENTORY"


class EbayError(Exception):
    """An error answer with an HTTP status."""

    def __init__(
        self,
        number: int,
        message: str,
        status: int = 400,
        domain: str = FULFILLMENT,
        category: str = "REQUEST",
        key: str = "errors",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.number = number
        self.domain = domain
        self.category = category
        self.key = key

    def entry(self) -> dict[str, Any]:
        """Return the error as one object."""
        return {
            "errorId": self.number,
            "domain": self.domain,
            "category": self.category,
            "message": str(self),
        }

    def as_json(self) -> dict[str, Any]:
        """Return the body of the answer."""
        return {self.key: [self.entry()]}


class OAuthError(Exception):
    """An error answer of the token endpoint (RFC 6749, 5.2)."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status

    def as_json(self) -> dict[str, Any]:
        """Return the body of the answer."""
        return {"error": self.code, "error_description": str(self)}


def no_order(text: str) -> EbayError:
    """No such order."""
    return EbayError(32100, f"Invalid order ID: {text}")


def invalid_token() -> EbayError:
    """The access token is not valid (any more)."""
    return EbayError(1001, "Invalid access token", 401, "OAuth")


def unknown_path() -> EbayError:
    """There is no such resource."""
    return EbayError(2002, "Resource not found", 404, "ACCESS")


def inventory_error(number: int, message: str, status: int = 400) -> EbayError:
    """A refusal of the Inventory interface."""
    return EbayError(number, message, status, INVENTORY)
