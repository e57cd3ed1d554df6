"""Who will be let down next: forecasts of open commitments, and how good they are."""
