"""Billable items: which are still to be invoiced, and when."""
