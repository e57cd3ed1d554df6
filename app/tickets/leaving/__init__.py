"""What becomes of tickets when a member leaves."""
