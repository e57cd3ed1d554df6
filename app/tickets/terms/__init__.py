"""By which promises a ticket runs: explained, applied anew, and tried out."""
