"""Webhook endpoints: who receives what, and the secrets they share."""
