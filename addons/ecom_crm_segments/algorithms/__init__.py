"""Pure algorithms."""
