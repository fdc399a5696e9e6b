"""The project's own extract of official figures, in the publishers' layouts, so that a first run has something to read.

Here belong the extracts, an origin record beside each, and the builder that writes both. The extracts take the same way
as a user's files: no other code may read them from here.
"""
