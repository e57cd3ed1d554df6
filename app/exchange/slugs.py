"""Keys for what a log only names: a slug of the name, with a suffix where that is taken. Pure."""

import re
import unicodedata
from collections.abc import Collection
from hashlib import sha256
from typing import Final

MOST_CHARACTERS: Final = 60
_OTHER: Final = re.compile(r"[^a-z0-9]+")


def slug(name: str, noun: str) -> str:
    """The trimmed name in lower-case Latin letters, digits and hyphens; of a name that has none of these, the noun and
    some digits that are always the same for it."""
    latin = unicodedata.normalize("NFKD", name.strip()).casefold().encode("ascii", "ignore").decode()
    found = _OTHER.sub("-", latin).strip("-")[:MOST_CHARACTERS].rstrip("-")
    return found or f"{noun}-{sha256(name.strip().encode()).hexdigest()[:8]}"


class Keys:
    """Proposes a key for each name; no key twice, and none of those that are reserved."""

    def __init__(self, noun: str, reserved: Collection[str] = ()) -> None:
        self._noun = noun
        self._given = set(reserved)
        self._counts: dict[str, int] = {}

    def propose(self, name: str) -> str:
        """The next key for the name: its slug, then `-2`, `-3` and so on."""
        base = slug(name, self._noun)
        while True:
            count = self._counts[base] = self._counts.get(base, 0) + 1
            key = base if count == 1 else f"{base}-{count}"
            if key not in self._given:
                self._given.add(key)
                return key
