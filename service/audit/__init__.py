"""What auditors ask for: the history, its story and proofs, told outward. Never writes to the log."""
