"""Configuration as files: departments, calendars, the catalogue, service levels and objectives, read, compared with
what is there, applied in one transaction, and written out again."""
