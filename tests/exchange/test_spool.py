"""Events set aside until the end of an import."""

import pytest

from app.exchange.spool import Spool, fresh_events
from app.tickets.bulk.sheets import Told
from tests.exchange.logs import at


@pytest.mark.parametrize("most_characters", [0, 10, 1_000_000])
def test_events_come_back_in_their_order_wherever_they_were_kept(most_characters: int) -> None:
    told = [Told("ticket.opened", at(number), "x" * number) for number in range(20)]
    with Spool(most_characters) as spool:
        assert not spool
        for begin in range(0, 20, 3):
            spool.add(told[begin : begin + 3])
        assert spool
        assert list(spool.events()) == told


def test_an_event_was_told_before_when_one_of_its_type_was_at_its_instant() -> None:
    opened, started = Told("ticket.opened", at(0), "old"), Told("ticket.started", at(1), "old")
    again = [opened._replace(data="new"), started, started._replace(data="second"), Told("ticket.closed", at(2), "")]
    assert fresh_events([opened, started], again) == again[2:]
