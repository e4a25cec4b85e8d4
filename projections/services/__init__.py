"""Services of clients: what each is, what it costs, and until when it is paid for."""
