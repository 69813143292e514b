"""The simulated eBay: Fulfillment, Inventory, Post-Order, Finances, OAuth."""
