"""Passes every event on to a message broker, once and in order: the relay, and the brokers it knows."""
