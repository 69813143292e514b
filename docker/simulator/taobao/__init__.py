"""Taobao and Tmall: the gateway of the Taobao Open Platform (TOP)."""
