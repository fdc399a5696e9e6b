"""Claims as data and their judging: one YAML file a claim, one verdict a claim and vintage.

What a claim says, computes and needs to hold stands in its file; `judge.py` runs it. Definitions of the figures
belong in the marts and flags that the claims query.
"""
