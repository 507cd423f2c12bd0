"""Searches of a watchlist: candidate lists and the people enrolled, read once and joined with the searches."""
