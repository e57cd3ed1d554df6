"""What goes over the wire: signed, and to no address but those that are allowed."""
