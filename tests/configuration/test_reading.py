"""YAML files into plain values: where each stands, and what is refused."""

import pytest

from app.configuration.places import BadConfiguration, Document, Place
from app.configuration.reading import MAX_BYTES, read_document


def read(text: str) -> Document:
    return read_document("a.yaml", text.encode())


def refusal(text: str | bytes) -> list[str]:
    with pytest.raises(BadConfiguration) as refused:
        read_document("a.yaml", text if isinstance(text, bytes) else text.encode())
    return [str(mistake) for mistake in refused.value.mistakes]


def test_maps_lists_and_words_become_plain_values():
    document = read('a: 1\nb: [true, ~, "no", 0.5]\nc:\n  - d: |\n      two\n      lines\n')
    assert document.value == {"a": 1, "b": [True, None, "no", 0.5], "c": [{"d": "two\nlines\n"}]}


def test_each_value_and_each_name_of_a_field_has_its_line_and_column():
    document = read("slas:\n  - name: Credit\n    targets: [{seconds: 5}]\n")
    assert document.place(("slas", 0, "name")) == Place("a.yaml", 2, 11)
    assert document.place(("slas", 0, "targets", 0, "seconds")) == Place("a.yaml", 3, 25)
    assert document.place(("slas", 0, "targets", 0, "seconds"), of_key=True) == Place("a.yaml", 3, 16)


def test_what_is_missing_stands_where_the_thing_that_lacks_it_does():
    document = read("slas:\n  - name: Credit\n")
    assert document.place(("slas", 0, "targets", 0, "seconds")) == Place("a.yaml", 2, 5)


@pytest.mark.parametrize("text", ["", "# nothing but a comment\n", "---\n", "﻿a: 1"])
def test_a_file_may_be_empty_or_begin_with_a_byte_order_mark(text: str):
    assert read(text).value in (None, {"a": 1})


def test_no_yaml_is_refused_with_the_line_the_column_and_the_reason():
    (told,) = refusal("a:\n  - b\n c: d\n")
    assert told.startswith("a.yaml:3:2: This is no YAML: ")


def test_an_unclosed_bracket_tells_where_it_was_opened():
    (told,) = refusal("a: 1\nb: [1, 2\nc: 3\n")
    assert told.startswith("a.yaml:3:")
    assert "in line 2" in told


def test_a_tab_is_refused_where_it_stands():
    (told,) = refusal("a:\n\tb: 1\n")
    assert told.startswith("a.yaml:2:1: This is no YAML: ")


def test_a_field_that_is_stated_twice_is_refused_and_names_the_first_line():
    assert refusal("a: 1\nb: 2\na: 3\n") == ["a.yaml:3:1: a is stated twice; the first time in line 1."]


def test_ambiguous_words_are_all_told_at_once():
    told = refusal("a: no\nb: [12:30]\n12:15: c\n")
    assert [line.split(" ")[0] for line in told] == ["a.yaml:1:4:", "a.yaml:2:5:", "a.yaml:3:1:"]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a: &x [1]\nb: *x\n", "the anchor 'x'"),
        ("a: *x\n", "the alias 'x'"),
        ("a: !!python/object/apply:os.system ['true']\n", "Tags are not understood"),
        ("a: !!str 1\n", "Tags are not understood"),
        ("<<: {a: 1}\n", "Merge keys are not understood"),
        ("? [a, b]\n: 1\n", "must be text"),
        ("a: 1\n---\nb: 2\n", "one document"),
        ("[" * 30 + "]" * 30, "more than 20 levels"),
    ],
)
def test_what_a_configuration_has_no_use_for_is_refused(text: str, what: str):
    (told,) = refusal(text)
    assert what in told


def test_a_file_in_another_encoding_is_refused_where_it_shows():
    assert refusal("a: 1\nb: ü\n".encode("latin-1")) == ["a.yaml:2:4: The file is not encoded in UTF-8."]


def test_a_control_character_is_refused_where_it_stands():
    assert refusal("a: 1\nb: x\x00y\n") == ["a.yaml:2:5: A file may not contain the character U+0000."]


def test_a_huge_file_is_refused():
    assert "larger than 4 MiB" in refusal(b"#" * (MAX_BYTES + 1))[0]


@pytest.mark.parametrize("key", ["true", "~", "12"])
def test_the_name_of_a_field_is_text_as_it_is_written(key: str):
    assert read(f"{key}: 1").value == {key: 1}
