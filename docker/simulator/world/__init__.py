"""The neutral world: catalogue, buyers, orders, money. Knows no marketplace."""
