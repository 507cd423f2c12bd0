"""From counts to rates, their uncertainty and verdicts; nothing here knows of files."""
