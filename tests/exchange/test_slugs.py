"""Keys made of names."""

import pytest

from app.exchange.slugs import Keys, slug


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Finance", "finance"),
        ("  Front office ", "front-office"),
        ("R&D / Lab №7", "r-d-lab-no7"),
        ("Größe Ångström", "grosse-angstrom"),
        ("V3_2nd", "v3-2nd"),
        ("x" * 80, "x" * 60),
    ],
)
def test_a_slug_is_the_trimmed_name_in_plain_letters_digits_and_hyphens(name: str, expected: str) -> None:
    assert slug(name, "department") == expected


def test_a_name_without_any_of_these_has_a_slug_that_is_always_the_same_for_it() -> None:
    assert slug("財務", "department") == slug(" 財務 ", "department") != slug("営業", "department")
    assert slug("財務", "department").startswith("department-")


def test_a_clash_gets_a_suffix_and_so_does_what_is_reserved() -> None:
    keys = Keys("department", {"customer"})
    assert [keys.propose(name) for name in ("A b", "a-b", "A-B-2", "a b", "Customer")] == [
        "a-b",
        "a-b-2",
        "a-b-2-2",
        "a-b-3",
        "customer-2",
    ]
