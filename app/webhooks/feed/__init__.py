"""The feed of events: read, or followed as a stream; and the catalogue of their types."""
