"""A shop that only writes files: a scheduled export at an address."""
