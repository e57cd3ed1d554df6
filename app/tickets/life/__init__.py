"""What can happen to a ticket, and what it leads to. Pure."""
