"""Opening tickets, and every action on one."""
