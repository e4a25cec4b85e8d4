"""E-mails to clients: what they say, how they are handed to a mail server, and who sends what is queued."""
