"""What a provider undertakes: agreements, which of them applies, and the clocks that run by them."""
