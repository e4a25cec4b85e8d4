"""An append-only event log on PostgreSQL: lanes, streams, receipts, keys, hash chain. Knows no billing."""
