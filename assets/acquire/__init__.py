"""Fetching files from their publishers into the landing folder, each with its origin record beside it.

How to ask, how often, and when an answer is whole belongs here. What a file means does not: whatever is landed here is
taken in the same way as a file that a person put there.
"""
