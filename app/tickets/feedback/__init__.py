"""What requesters say of how they were served."""
