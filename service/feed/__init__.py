"""Outward followers of the ledger: pages of events, a live stream, and the shape in which events leave."""
