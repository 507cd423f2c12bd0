"""A study file drafted from the scores themselves: columns looked at, then what they are, then a text with reasons."""

from harness.drafting.run import draft

__all__ = ["draft"]
