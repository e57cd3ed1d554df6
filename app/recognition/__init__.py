"""Recognitions: thanks to a member or a department for what they did, for a customer or on a ticket."""
