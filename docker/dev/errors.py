"""The error a user is meant to read."""


class ToolError(Exception):
    """Something the user can act on; printed without a traceback."""
