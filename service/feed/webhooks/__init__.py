"""Webhooks: events sent to URLs, signed and in order, repeated until they arrive. See `dispatcher`."""
