"""Suggestions: how a customer or a department could be served better, votes, answers, and what adopting one changed."""
