"""The credit balance of every client."""
