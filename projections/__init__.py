"""Read models folded from the log: deletable, rebuildable, verifiable."""
