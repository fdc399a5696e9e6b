"""Publication: from the working file to the files that people read, in one atomic step.

Here belongs copying, hashing, documenting and swapping. Nothing is computed here that is not about the publication
itself.
"""
