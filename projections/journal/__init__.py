"""The double-entry journal: every money event as an entry whose postings sum to zero."""
