"""Shopify: a shop behind the Admin GraphQL API."""
