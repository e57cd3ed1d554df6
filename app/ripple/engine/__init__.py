"""The engine: a graph in, its analysis out. Pure."""
