"""Who really served a customer, everything that happened to it in order, and what to know before the next contact."""
