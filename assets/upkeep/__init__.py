"""Upkeep: is everything that is kept still what it was, what may go, and what does an operator have to do.

Here belongs looking after a data folder as a whole. What a file means, and how marts are built, does not.
"""
