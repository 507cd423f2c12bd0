"""A Spark cluster: one look-up-table join and one sum of integers, all of it SQL; no Python per row.

Spark takes the distinct labels first; they are numbered here, as they are on one machine, and sent back as small
tables. Then one pass joins every comparison to the numbers of its labels and to the interval between two thresholds
that its score lies in, and adds up integers ``(cell, mated, bin, n)``, and ``(cell, mated, subject, bin, n)`` where
the study names subjects. A lost executor costs its partitions, which Spark reads again.
"""
