"""The rules of money, pure: commands in, events or a refusal out. Standard library only."""
