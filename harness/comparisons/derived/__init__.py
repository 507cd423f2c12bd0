"""Columns that the scores do not have, but that follow from what there is: from other files, names and values."""
