"""How sure a share can be. Pure."""

from math import sqrt
from statistics import NormalDist

Interval = tuple[float, float]


def wilson(successes: int, trials: int, confidence: float = 0.95) -> Interval | None:
    """The interval, of this confidence, of the share whose sample it was (Wilson 1927, without continuity correction);
    None without trials.

    It keeps within 0 and 1 and has a width also where all trials went alike, as few decisions in an agreement do.
    """
    if not trials:
        return None
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, weight = successes / trials, z * z / trials
    centre = share + weight / 2
    reach = z * sqrt((share * (1 - share) + weight / 4) / trials)
    low, high = (centre - reach) / (1 + weight), (centre + reach) / (1 + weight)
    # Exactly: rounding leaves a rest on either side.
    return (0.0 if not successes else low), (1.0 if successes == trials else high)
