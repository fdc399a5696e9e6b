"""Signals: what stands out in a series, with the evidence for it.

Records, ranks and "since" comparisons of any panel of series, their fragility against past revisions, and the
sentence that says it. Sums and harmonised figures belong in the dbt models; whether a statement of others holds
belongs in `assets/claims`.
"""
