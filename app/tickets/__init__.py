"""Tickets: one department's request of another, its life, its hand-offs and what it waits for."""
