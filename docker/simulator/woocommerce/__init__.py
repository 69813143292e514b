"""WooCommerce REST API v3, as WooCommerce 7.9 speaks it."""
