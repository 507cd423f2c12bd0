"""Measurements: speeds as ratios to a named reference in the same run, and simulations."""
