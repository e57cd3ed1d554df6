"""Who there is: departments, members, and the calendars they work by."""
