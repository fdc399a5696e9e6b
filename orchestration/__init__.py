"""How Tradewake runs: definitions, jobs, schedule, sensor and the command line.

Here belongs when and how assets are materialised and what a person sees of it. What the assets compute belongs in
`assets/`.
"""
