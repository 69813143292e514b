"""Amazon's Selling Partner API, as its official models describe it."""
