"""What happens by itself when a promise is about to break."""
