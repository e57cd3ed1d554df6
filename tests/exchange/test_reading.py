"""Reading logs: three formats, packed or not; bad rows are named and left out, broken files refused."""

import dataclasses
import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from app.exchange.mapping import MappingError
from app.exchange.reading import LogReading, LogTooLarge, Stopped, UnreadableLog, open_log
from app.exchange.rows import BadRow, Row
from tests.exchange.logs import NOW, a_mapping, a_xes_trace, an_event, csv_of, reading, written, xes_of

EIGHT = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
ROW = ("C1", "2026-01-05T08:00:00Z", "start", "Desk")
BY_ATTRIBUTE = '[commitment]\nowner = "Business"\ndue = "d"\npromised = "p"\ndelivered = "x"\n'


def rows_of(path: Path, **options: object) -> list[Row | BadRow]:
    log = open_log(path, options.get("mapping") or a_mapping(), now=NOW, max_bytes=10_000_000)  # type: ignore[arg-type]
    return [row for row in log.events() if isinstance(row, Row | BadRow)]


def errors_of(of_file: LogReading) -> list[tuple[int, str]]:
    list(of_file.cases())
    return [(error.line, error.reason) for error in of_file.summary().errors]


def as_csv() -> str:
    return csv_of(ROW, ("C2", "2026-01-05T09:00:00Z", "close", ""))


def as_jsonl() -> str:
    second = {"case": "C2", "time": "2026-01-05T09:00:00Z", "activity": "close", "department": None}
    first = dict(zip(("case", "time", "activity", "department"), ROW, strict=True))
    return "\n".join(orjson.dumps(row).decode() for row in (first, second))


def as_xes() -> str:
    return xes_of(
        a_xes_trace("C1", an_event(ROW[1], department="Desk")),
        a_xes_trace("C2", an_event("2026-01-05T09:00:00Z", "close")),
    )


FORMATS = pytest.mark.parametrize("content", [as_csv(), as_jsonl(), as_xes()], ids=["csv", "jsonl", "xes"])


@FORMATS
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzipped"])
@pytest.mark.parametrize("name", ["log", "log.csv", "log.gz", "log.xes"])
def test_a_file_is_read_by_what_is_in_it_whatever_its_name(
    tmp_path: Path, content: str, packed: bool, name: str
) -> None:
    first, second = rows_of(written(tmp_path, content, name=name, packed=packed))
    assert isinstance(first, Row)
    assert isinstance(second, Row)
    assert (first.case, first.at, first.activity, first.department) == ("C1", EIGHT, "start", "Desk")
    assert (second.case, second.activity, second.department) == ("C2", "close", None)


@pytest.mark.parametrize(
    "content",
    [b"\xef\xbb\xbf" + as_csv().encode(), b"\xef\xbb\xbf" + as_jsonl().encode(), as_xes().encode("utf-16")],
    ids=["csv", "jsonl", "xes"],
)
def test_a_byte_order_mark_is_no_part_of_the_log(tmp_path: Path, content: bytes) -> None:
    assert [row.case for row in rows_of(written(tmp_path, content))] == ["C1", "C2"]


@pytest.mark.parametrize(
    ("time", "instant"),
    [
        ("2026-01-05T09:00:00+01:00", EIGHT),
        ("2026-01-05 08:00:00Z", EIGHT),
        ("2026-01-05t08:00:00z", EIGHT),
        ("2026-01-05T09:00:00", EIGHT),
        ("2026-01-05T08:00:00.250Z", EIGHT.replace(microsecond=250_000)),
        ("2026-01-05T08:00:00.123456789Z", EIGHT.replace(microsecond=123_456)),
    ],
)
def test_a_time_is_rfc_3339_and_local_without_an_offset(tmp_path: Path, time: str, instant: datetime) -> None:
    (row,) = rows_of(written(tmp_path, csv_of(("C1", time, "start", ""))))
    assert isinstance(row, Row)
    assert row.at == instant


@pytest.mark.parametrize(
    ("case", "time", "reason"),
    [
        ("", ROW[1], "no case"),
        ("  ", ROW[1], "no case"),
        ("x" * 501, ROW[1], "more than 500 characters"),
        ("C1", "", "no time"),
        ("C1", "yesterday", "unreadable time 'yesterday'"),
        ("C1", "2026-01-05", "unreadable time"),
        ("C1", "2026-02-30T08:00:00Z", "unreadable time"),
        ("C1", "0001-01-01T00:00:00+14:00", "unreadable time"),
        ("C1", "1066-10-14T08:00:00Z", "outside the years 1900 to 2200"),
        ("C1", "2026-06-01T00:00:01Z", "lies in the future"),
    ],
)
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_bad_row_names_its_line_and_reason_and_is_left_out(
    tmp_path: Path, kind: str, case: str, time: str, reason: str
) -> None:
    content = csv_of(ROW, (case, time, "start", ""), ROW)
    if kind == "jsonl":
        bad = {"case": case or None, "time": time, "activity": "start"}
        good = {"case": "C1", "time": ROW[1], "activity": "start"}
        content = "\n".join(orjson.dumps(each).decode() for each in (good, bad, good))
    of_file = reading(written(tmp_path, content))
    cases = list(of_file.cases())
    summary = of_file.summary()
    (error,) = summary.errors
    assert error.line == (3 if kind == "csv" else 2)
    assert reason in error.reason
    assert (summary.events, summary.skipped, len(cases), len(cases[0].steps)) == (3, 1, 1, 2)


def test_a_bad_event_of_a_trace_is_named_at_its_line(tmp_path: Path) -> None:
    good, bad = an_event(ROW[1]), an_event("never")
    path = written(tmp_path, xes_of(a_xes_trace("C1", good, bad, good), a_xes_trace("C2", an_event(None))))
    assert errors_of(reading(path)) == [
        (6, "unreadable time 'never': it is not of the form 2026-03-02T09:00:00Z"),
        (11, "no time: there is no 'time'"),
    ]


def test_events_of_a_trace_without_a_case_are_left_out_one_by_one(tmp_path: Path) -> None:
    of_file = reading(written(tmp_path, xes_of(a_xes_trace(None, an_event(ROW[1]), an_event(ROW[1])))))
    assert errors_of(of_file) == [(4, "no case: there is no 'case'"), (5, "no case: there is no 'case'")]
    summary = of_file.summary()
    assert (summary.cases, summary.events, summary.skipped, summary.tickets) == (0, 2, 2, 0)


def test_an_event_outside_any_trace_has_no_case(tmp_path: Path) -> None:
    path = written(tmp_path, xes_of(an_event(ROW[1]), a_xes_trace("C1", an_event(ROW[1]))))
    assert errors_of(reading(path)) == [(3, "no case: there is no 'case'")]


def test_a_case_stays_if_a_good_event_remains_and_else_gives_no_ticket(tmp_path: Path) -> None:
    of_file = reading(written(tmp_path, csv_of(ROW, ("C1", "", "x", ""), ("C2", "", "x", ""))))
    list(of_file.cases())
    summary = of_file.summary()
    assert (summary.cases, summary.tickets, summary.skipped, summary.events) == (2, 1, 2, 3)


def test_a_trace_without_events_is_a_case_without_a_ticket(tmp_path: Path) -> None:
    of_file = reading(written(tmp_path, xes_of(a_xes_trace("C1"), a_xes_trace("C2", an_event(ROW[1])))))
    assert len(list(of_file.cases())) == 1
    summary = of_file.summary()
    assert (summary.cases, summary.tickets, summary.events) == (2, 1, 1)


def test_lines_are_exact_far_into_a_file_however_it_is_laid_out(tmp_path: Path) -> None:
    filler = '<trace>\n\n<string\nkey="case" value="C"/><!-- \n --></trace>\n' * 20_000
    path = written(tmp_path, xes_of(filler + a_xes_trace("C1", an_event("never"))))
    assert errors_of(reading(path))[0][0] == 3 + 5 * 20_000 + 2


def test_only_the_first_thousand_errors_are_named_and_all_are_counted(tmp_path: Path) -> None:
    of_file = reading(written(tmp_path, csv_of(*[("C1", "", "x", "")] * 1500)))
    assert len(errors_of(of_file)) == 1000
    assert of_file.summary().skipped == 1500


@pytest.mark.parametrize(
    ("content", "line"), [(csv_of(ROW, ("C1", "", "x", "")), 3), (xes_of(a_xes_trace("C1", an_event("never"))), 5)]
)
def test_strict_stops_at_the_first_bad_row(tmp_path: Path, content: str, line: int) -> None:
    with pytest.raises(Stopped) as stopped:
        list(reading(written(tmp_path, content), strict=True).cases())
    assert stopped.value.error.line == line


def test_a_commitment_that_cannot_be_stops_strict_and_is_named_without_being_skipped(tmp_path: Path) -> None:
    header = "case,time,activity,department,d,p,x"
    moments = ("2026-01-05T12:00:00Z", "2026-01-05T10:00:00Z", "2026-01-05T09:00:00Z")
    path = written(tmp_path, csv_of((*ROW, *moments), header=header))
    of_file = reading(path, a_mapping(BY_ATTRIBUTE))
    assert errors_of(of_file)[0][0] == 2
    summary = of_file.summary()
    assert (summary.commitments_left_out, summary.skipped, summary.tickets) == (1, 0, 1)
    with pytest.raises(Stopped, match="Line 2"):
        list(reading(path, a_mapping(BY_ATTRIBUTE), strict=True).cases())


def test_a_case_without_the_due_attribute_counts_as_left_out_and_does_not_stop_strict(tmp_path: Path) -> None:
    of_file = reading(written(tmp_path, csv_of(ROW)), a_mapping(BY_ATTRIBUTE), strict=True)
    list(of_file.cases())
    summary = of_file.summary()
    assert (summary.commitments_left_out, summary.errors) == (1, ())


def test_what_an_event_lacks_its_trace_says(tmp_path: Path) -> None:
    trace = a_xes_trace("C1", an_event(ROW[1], department="Own"), an_event(ROW[1]), department="Trace", title="T")
    first, second = rows_of(written(tmp_path, xes_of(trace)))
    assert isinstance(first, Row)
    assert isinstance(second, Row)
    assert (first.department, second.department, second.title) == ("Own", "Trace", "T")


def test_case_is_the_traces_and_activity_and_time_are_the_events(tmp_path: Path) -> None:
    event = an_event(ROW[1], "start", case="Other")
    (row,) = rows_of(written(tmp_path, xes_of(a_xes_trace("C1", event, activity="close", time=ROW[1]))))
    assert isinstance(row, Row)
    assert (row.case, row.activity) == ("C1", "start")
    bare = a_xes_trace("C1", "<event/>", activity="close", time=ROW[1])
    assert isinstance(rows_of(written(tmp_path, xes_of(bare)))[0], BadRow)


def test_attributes_that_stand_after_the_events_of_their_trace_count(tmp_path: Path) -> None:
    trace = f'<trace>{an_event(ROW[1])}<string key="case" value="C1"/></trace>'
    assert [row.case for row in rows_of(written(tmp_path, xes_of(trace)))] == ["C1"]


def test_global_values_are_never_used(tmp_path: Path) -> None:
    declared = '<global scope="event"><string key="department" value="UNKNOWN"/><date key="time" value="x"/></global>'
    (row,) = rows_of(written(tmp_path, xes_of(declared, a_xes_trace("C1", an_event(ROW[1])))))
    assert isinstance(row, Row)
    assert row.department is None


def test_lists_containers_and_nested_attributes_are_passed_over(tmp_path: Path) -> None:
    nested = (
        '<list key="department"><values><string key="time" value="x"/></values></list>'
        '<container key="c"><string key="title" value="inner"/></container>'
        '<string key="member" value="Ada"><string key="member" value="inner"/></string>'
    )
    event = an_event(ROW[1]).replace("</event>", nested + "</event>")
    (row,) = rows_of(written(tmp_path, xes_of(a_xes_trace("C1", event))))
    assert isinstance(row, Row)
    assert (row.department, row.title, row.member) == (None, None, "Ada")


def test_any_namespace_or_none_will_do(tmp_path: Path) -> None:
    plain = xes_of(a_xes_trace("C1", an_event(ROW[1])))
    for namespace in ("", ' xmlns="http://code.deckfour.org/xes"'):
        content = plain.replace(' xmlns="http://www.xes-standard.org/"', namespace)
        assert len(rows_of(written(tmp_path, content))) == 1


def test_parts_of_an_activity_are_joined_and_a_missing_one_is_empty(tmp_path: Path) -> None:
    mapping = a_mapping(activity='activity = ["activity", "step"]')
    full, bare = an_event(ROW[1], "start", step="complete"), an_event(ROW[1], "start")
    rows = rows_of(written(tmp_path, xes_of(a_xes_trace("C1", full, bare))), mapping=mapping)
    assert [row.activity for row in rows if isinstance(row, Row)] == ["start/complete", "start/"]


BOMB = """<?xml version="1.0"?>
<!DOCTYPE log [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">]>
<log><trace><string key="case" value="&d;"/></trace></log>"""
EXTERNAL = '<!DOCTYPE log SYSTEM "http://198.51.100.1/log.dtd"><log/>'
FILE = '<!DOCTYPE log [<!ENTITY x SYSTEM "file:///etc/hostname">]><log><string key="a" value="">&x;</string></log>'


@pytest.mark.parametrize("content", [BOMB, EXTERNAL, FILE, BOMB.encode("utf-16")])
@pytest.mark.parametrize("packed", [False, True])
def test_a_dtd_is_refused_before_anything_of_it_is_used(tmp_path: Path, content: str | bytes, packed: bool) -> None:
    raw = content if isinstance(content, bytes) else content.encode()
    with pytest.raises(UnreadableLog, match="has a DTD, which is refused"):
        rows_of(written(tmp_path, raw, packed=packed))


def test_an_entity_that_nobody_declared_breaks_the_xml(tmp_path: Path) -> None:
    with pytest.raises(UnreadableLog, match="Line 5: the XML is broken"):
        rows_of(written(tmp_path, xes_of(a_xes_trace("C1", an_event(ROW[1], title="&unknown;")))))


@FORMATS
def test_a_gzip_file_that_is_cut_off_is_refused_and_says_how_far_it_went(tmp_path: Path, content: str) -> None:
    whole = gzip.compress(content.encode())
    path = written(tmp_path, whole[:-12])
    with pytest.raises(UnreadableLog, match=r"cut off: it ends after \d+ unpacked bytes"):
        rows_of(path)


def test_a_gzip_file_that_is_damaged_is_refused(tmp_path: Path) -> None:
    whole = bytearray(gzip.compress(as_csv().encode()))
    whole[-6] ^= 0xFF
    with pytest.raises(UnreadableLog, match="is damaged after"):
        rows_of(written(tmp_path, bytes(whole)))


@FORMATS
def test_a_file_that_unpacks_to_more_than_allowed_is_refused(tmp_path: Path, content: str) -> None:
    path = written(tmp_path, content + " " * 100_000, packed=True)
    with pytest.raises(LogTooLarge, match="more than 50000 bytes"):
        list(open_log(path, a_mapping(), now=NOW, max_bytes=50_000).events())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "The file is empty"),
        (" \n ", "The file is empty"),
        (b"PK\x03\x04\x14\x00\x06\x00", "The file is neither XES nor CSV nor JSON Lines"),
        ('[{"case": "C1"}]', "Line 1: the file is one JSON array"),
        ("<html><body/></html>", "Line 1: the file is no XES: its root is <html>"),
        ("<log>", "Line 1: the XML is broken"),
        ("<log>\n<trace>\n<event>", "Line 3: the XML is broken"),
        ("<log>\n</trace>", "Line 2: the XML is broken"),
        ('{"case": "C1"}\n{"case": ', "Line 2: this is no JSON"),
        ('{"case": "C1"}\n[1]', "Line 2: this is no JSON object"),
        ('case,time,activity\nC1,2026-01-05T08:00:00Z,"sta', "Line 2: the CSV is broken: unexpected end of data"),
        (b"case,time,activity\nC1,2026-01-05T08:00:00Z,caf\xe9", "Line 2: this is not UTF-8"),
        ("case,time,activity,case\n", "Line 1: the header names the column 'case' twice"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_what_is_wrong_where(
    tmp_path: Path, content: str | bytes, message: str
) -> None:
    with pytest.raises(UnreadableLog) as refused:
        rows_of(written(tmp_path, content))
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize("column", ["case", "time", "activity"])
def test_a_header_without_a_column_that_every_row_needs_is_a_mistake_of_the_mapping(
    tmp_path: Path, column: str
) -> None:
    content = as_csv().replace(column, "other", 1)
    with pytest.raises(MappingError, match=rf"\[log\].{column}: the file has no column '{column}'; it has "):
        rows_of(written(tmp_path, content))


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_cells_may_be_separated_as_the_header_is(tmp_path: Path, delimiter: str) -> None:
    assert [row.case for row in rows_of(written(tmp_path, as_csv().replace(",", delimiter)))] == ["C1", "C2"]


def test_a_row_over_several_lines_is_named_by_its_first(tmp_path: Path) -> None:
    content = csv_of(("C1", ROW[1], '"two\nlines"', ""), ("C1", "", "x", ""))
    assert errors_of(reading(written(tmp_path, content)))[0][0] == 4


def test_blank_lines_are_no_rows(tmp_path: Path) -> None:
    for content in (as_csv().replace("\n", "\n\n"), as_jsonl().replace("\n", "\n\n \n")):
        assert len(rows_of(written(tmp_path, content))) == 2


def test_a_short_row_lacks_its_last_cells_and_a_long_one_is_left_out(tmp_path: Path) -> None:
    content = csv_of(("C1", ROW[1], "start"), (*ROW, "", ""), (*ROW, "extra"))
    short, padded, long = rows_of(written(tmp_path, content))
    assert isinstance(short, Row)
    assert short.department is None
    assert isinstance(padded, Row)
    assert long == BadRow(None, 4, "the row has 5 cells, the header 4")


def test_values_of_json_that_are_no_texts_are_written_as_such(tmp_path: Path) -> None:
    values = {"case": 7, "time": ROW[1], "activity": True, "department": {"no": "text"}, "member": 1.5}
    (row,) = rows_of(written(tmp_path, orjson.dumps(values)))
    assert isinstance(row, Row)
    assert (row.case, row.activity, row.department, row.member) == ("7", "true", None, "1.5")


def test_a_nul_character_makes_a_row_bad_since_the_database_cannot_hold_it(tmp_path: Path) -> None:
    values = [{"case": "C\x001", "time": ROW[1]}, {"case": "C1", "time": ROW[1], "title": "\x00"}]
    rows = rows_of(written(tmp_path, b"\n".join(orjson.dumps(each) for each in values)))
    assert [row.reason for row in rows if isinstance(row, BadRow)] == [
        "'case' contains a NUL character",
        "'title' contains a NUL character",
    ]


def test_a_line_without_an_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = written(tmp_path, as_csv() + "x" * (17 * 1024**2))
    with pytest.raises(UnreadableLog, match="Line 4: this line is longer than"):
        list(open_log(path, a_mapping(), now=NOW, max_bytes=10**9).events())


@pytest.mark.parametrize("interleaved", [as_csv, as_jsonl])
def test_a_case_may_be_scattered_over_the_file(tmp_path: Path, interleaved: Callable[[], str]) -> None:
    lines = interleaved().splitlines()
    body = lines if interleaved is as_jsonl else lines[1:]
    head = [] if interleaved is as_jsonl else lines[:1]
    path = written(tmp_path, "\n".join([*head, *body, body[0].replace("08:00", "09:30"), body[1]]))
    cases = list(reading(path).cases())
    assert [(case.name, len(case.steps)) for case in cases] == [("C1", 2), ("C2", 3)]


def test_two_traces_of_one_case_are_one_case(tmp_path: Path) -> None:
    later, other, earlier = (
        a_xes_trace("C1", an_event("2026-01-05T09:00:00Z", "close")),
        a_xes_trace("C2", an_event(ROW[1])),
        a_xes_trace("C1", an_event(ROW[1], "start")),
    )
    of_file = reading(written(tmp_path, xes_of(later, other, earlier)))
    first, _ = of_file.cases()
    assert first.opening.opened_at == EIGHT
    assert [step.row.activity for step in first.steps] == ["start", "close", "close"]
    assert dataclasses.asdict(of_file.summary())["cases"] == 2
