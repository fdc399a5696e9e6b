"""Facts that do not come with the figures: partners and their codes, and when releases came out.

Each CSV here is also a dbt seed; the modules only read them. Figures and file layouts do not belong here.
"""
