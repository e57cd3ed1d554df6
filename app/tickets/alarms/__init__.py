"""Telling of clocks that run out, at their instants."""
