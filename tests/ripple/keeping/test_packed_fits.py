"""Which promises fit, packed: nothing is lost, and it is the same bytes whatever the departments are called."""

from app.ripple.engine.fitting import Fit
from app.ripple.engine.totals import Kind, Place
from app.ripple.keeping.packed_fits import FIT_BYTES, pack_fits, placed, unpack_fits
from tests.ripple.assessing import named

KIND = Kind("p2", named("type"), named("an agreement"))
PLACES = {name: Place(name, "OPS", name, Kind("p2", named("type"))) for name in ("FIN", "LEGAL")}
IDS = {PLACES["FIN"]: 9, PLACES["LEGAL"]: 4}
BY_ID = {id_: place for place, id_ in IDS.items()}


def test_what_was_packed_is_unpacked_again_by_place() -> None:
    both = placed(Fit("T1", "OPS", ("FIN", "LEGAL"), "FIN", True, 3600, 7200), KIND)
    unpromised = placed(Fit("T2", "OPS", ("FIN",), None), KIND)
    told, other = unpack_fits(pack_fits([both, unpromised], IDS), BY_ID)
    assert told.places == (PLACES["LEGAL"], PLACES["FIN"])
    assert (told.last, told.promise_impossible, told.target_seconds, told.fitting_seconds) == (
        PLACES["FIN"],
        True,
        3600,
        7200,
    )
    assert other == unpromised


def test_each_who_blocks_a_ticket_takes_sixteen_bytes() -> None:
    packed = pack_fits([placed(Fit("T1", "OPS", ("FIN", "LEGAL"), "LEGAL", False, 258, 5), KIND)], IDS)
    assert packed[:FIT_BYTES] == bytes((4, 0, 0, 0, 2, 1, 0, 0, 5, 0, 0, 0, 4, 0, 0, 0))
    assert packed[FIT_BYTES:] == bytes((9, 0, 0, 0, 2, 1, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0))


def test_without_blocked_tickets_it_is_empty() -> None:
    assert pack_fits([], {}) == b""
    assert unpack_fits(b"", {}) == []


def test_a_target_beyond_32_bits_is_the_largest_there_is() -> None:
    (fit,) = unpack_fits(pack_fits([placed(Fit("T1", "OPS", ("FIN",), None, False, 2**40, 1), KIND)], IDS), BY_ID)
    assert fit.target_seconds == 2**31 - 1
