"""What a ticket takes along when it is passed on."""
