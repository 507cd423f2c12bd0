"""The forms in which a check is written."""

from harness.gate.formats.json import as_json
from harness.gate.formats.text import as_text

__all__ = ["as_json", "as_text"]
