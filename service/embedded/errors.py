"""The one exception of this package: its text is a sentence for the person who started the service."""


class EmbeddedPostgresError(Exception):
    """The embedded PostgreSQL cannot be used here; the message says why and what would help."""
