"""Links to a page: sealed, and for a while."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from app.kernel.sealing import Seal
from app.scorecards.links import LASTS, DeadLink, Shown, link_to, shown_by

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
SEAL = Seal([bytes(32)])
SHOWN = Shown("member", uuid4(), NOW - timedelta(days=30), NOW, uuid4(), NOW + LASTS)


def test_a_link_shows_what_it_was_made_for() -> None:
    assert shown_by(link_to(SHOWN, SEAL), SEAL, NOW) == SHOWN


def test_it_fits_into_an_address_as_it_is() -> None:
    assert link_to(SHOWN, SEAL).replace("-", "").replace("_", "").isalnum()


def test_it_shows_nothing_once_it_expired() -> None:
    link = link_to(SHOWN, SEAL)
    assert shown_by(link, SEAL, NOW + LASTS - timedelta(seconds=1)) == SHOWN
    with pytest.raises(DeadLink, match="expired"):
        shown_by(link, SEAL, NOW + LASTS)


@pytest.mark.parametrize("link", ["", "a", "äöü", "AAAA", "A" * 200, "%00", "\x00"])
def test_what_this_service_did_not_make_shows_nothing(link: str) -> None:
    with pytest.raises(DeadLink, match="no such link"):
        shown_by(link, SEAL, NOW)


def test_one_that_was_changed_or_sealed_by_another_shows_nothing() -> None:
    link = link_to(SHOWN, SEAL)
    changed = link[:-2] + ("A" if link[-2] != "A" else "B") + link[-1]
    for other in (changed, link_to(SHOWN, Seal([bytes([1] * 32)]))):
        with pytest.raises(DeadLink):
            shown_by(other, SEAL, NOW)
