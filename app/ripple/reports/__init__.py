"""Over many commitments: how much of what was late did customers feel."""
