"""Paying over the web: the page behind a payment link, and callbacks by which providers tell of money."""
