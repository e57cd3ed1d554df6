"""How often a process looks for circles among its objects: Python frees whatever is in none of them at once."""

import gc
from typing import Final

SOUGHT_AFTER: Final = 50_000
"""After so many more objects they are looked for: some 10 MB."""


def seek_circles_seldom() -> None:
    """For whoever makes thousands of objects that are in none: after every 700, as Python does it, looking for circles
    takes a sixth of the time of an import, and of a report."""
    gc.set_threshold(SOUGHT_AFTER, *gc.get_threshold()[1:])


def keep_for_good() -> None:
    """What is there now lives as long as the process: it is not gone through any more."""
    gc.collect()
    gc.freeze()
