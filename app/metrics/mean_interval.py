"""How sure a mean can be. Pure."""

from math import cos, pi, sin, sqrt
from statistics import NormalDist

Interval = tuple[float, float]


def mean_interval(n: int, mean: float, spread: float, bounds: Interval, confidence: float = 0.95) -> Interval | None:
    """The interval, of this confidence, of the mean that a sample of `n` was drawn from (Student 1908), kept within the
    bounds of what can be measured. `spread` is the sample's standard deviation.

    None of fewer than two, or where all are alike: then the spread tells nothing of how others would differ.
    """
    if n < 2 or not spread:
        return None
    reach = quantile((1 + confidence) / 2, n - 1) * spread / sqrt(n)
    return max(bounds[0], mean - reach), min(bounds[1], mean + reach)


def quantile(p: float, degrees: int) -> float:
    """The quantile of Student's t distribution: exact for one and two degrees of freedom, else to three digits by its
    expansion around the normal one (Abramowitz and Stegun 1964, 26.7.5)."""
    if degrees == 1:
        return -cos(pi * p) / sin(pi * p)
    if degrees == 2:
        return (2 * p - 1) / sqrt(2 * p * (1 - p))
    z = NormalDist().inv_cdf(p)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum((term / degrees**power for power, term in enumerate(terms, 1)), 0.0)
