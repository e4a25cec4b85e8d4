"""Copying a lane with all that belongs to it, from a database or an archive, into one or the other."""
