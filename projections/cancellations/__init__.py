"""Requests to end services; what people wrote as the reason in clear, as in the clients."""
