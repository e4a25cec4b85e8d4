"""Contacts of client accounts; personal data in clear, as in the clients."""
