"""What was sent and what was answered, as long as it is kept."""
