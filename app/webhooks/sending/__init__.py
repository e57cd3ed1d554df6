"""Sending deliveries, trying again, and giving up."""
