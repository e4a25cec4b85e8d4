"""The books in the formats of other programs, which check them with arithmetic of their own."""
