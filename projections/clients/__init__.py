"""Client accounts, and the only place outside the sealed log where personal data stands."""
