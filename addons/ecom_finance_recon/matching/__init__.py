"""Matching of settlement lines with what is owed, in plain Python."""
