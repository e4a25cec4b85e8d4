"""Binds the domain to the log: load, decide, append, answer. The only place that awaits both."""
