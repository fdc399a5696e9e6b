"""What changed between two vintages: figures, contents of the files, flags and claims.

The prints themselves are a mart (`marts.revision`); comparing two of its states belongs here.
"""
