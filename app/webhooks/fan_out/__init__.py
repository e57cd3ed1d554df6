"""From events to deliveries: as they come, or once more from the feed."""
