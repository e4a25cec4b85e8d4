"""Money that moved through a gateway."""
