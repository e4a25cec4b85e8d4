"""The credit log: every movement of every client's credit."""
