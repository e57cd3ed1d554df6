"""Keeping analyses of delivered commitments: marked when their history changes, made again, stored."""
