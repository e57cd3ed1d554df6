"""Import of event logs and export: mappings, formats, and what an event means for a ticket."""
