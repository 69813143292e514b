"""Errors in the shape of the models: ``{"errors": [{code, message, details}]}``."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """An answer with 4xx."""

    def __init__(self, status: int, code: str, message: str, details: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details

    def as_json(self) -> dict[str, Any]:
        """Return the body."""
        error = {"code": self.code, "message": self.message}
        if self.details:
            error["details"] = self.details
        return {"errors": [error]}


def invalid(details: str) -> ApiError:
    """Return the error for a parameter that is not accepted."""
    return ApiError(400, "InvalidInput", "Invalid input", details)


def not_found(details: str) -> ApiError:
    """Return the error for something that is not there."""
    return ApiError(404, "NotFound", "Resource not found.", details)


def no_access(details: str) -> ApiError:
    """Return the error for a token that is missing, wrong or too old."""
    message = "Access to requested resource is denied."
    return ApiError(403, "Unauthorized", message, details)


def quota() -> ApiError:
    """Return the error for an empty bucket."""
    message = "You exceeded your quota for the requested resource."
    return ApiError(429, "QuotaExceeded", message)
