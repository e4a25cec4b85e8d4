"""The credit and payment ledger as a service: domain, handling, protocols, composition root."""
