"""Documents on paper: what stands on an invoice, and the PDF that is made of it."""
