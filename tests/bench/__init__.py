"""The benchmark behind `creditledger bench`: real processes, a real database, a fixed seed."""
