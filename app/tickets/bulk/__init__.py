"""Whole lives of many tickets at once, as imports and the demo bring them."""
