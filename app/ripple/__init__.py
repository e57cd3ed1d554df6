"""Ripple: how internal delay reaches the customer."""
