"""Invoices and their lines, as they stand."""
