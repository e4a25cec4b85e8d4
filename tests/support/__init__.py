"""What several test folders share. Not tests; imported as `tests.support`."""
