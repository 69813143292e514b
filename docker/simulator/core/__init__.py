"""Marketplace-neutral machinery: server, clock, journal, faults, control."""
