"""What is secret at rest: sealed for one place, opened with the keys that are known."""

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.data_directory import UseOfDirectory
from app.kernel.sealing import Seal, Unsealable, is_sealed, seal_of
from app.kernel.secret_key import DirectoryInUse, MissingSecretKey, change_kept_key, keys_before, secret_keys
from app.settings import Settings

OLD, NEW, OTHER = b"o" * 32, b"n" * 32, b"x" * 32
ELSEWHERE = "postgresql://db.example.com/outward"


@given(plain=st.binary(max_size=300), about=st.binary(max_size=40))
def test_what_was_sealed_opens_again_in_its_place(plain: bytes, about: bytes) -> None:
    seal = Seal([NEW])
    assert seal.open(seal.seal(plain, about), about) == plain


def test_the_same_secret_never_looks_the_same_and_is_nowhere_in_the_sealed_value() -> None:
    seal = Seal([NEW])
    sealed = {seal.seal(b"a secret of sixteen or more bytes", b"here") for _ in range(100)}
    assert len(sealed) == 100
    assert not any(b"secret" in each for each in sealed)


def test_it_opens_in_no_other_place() -> None:
    seal = Seal([NEW])
    with pytest.raises(Unsealable, match="moved here from another place"):
        seal.open(seal.seal(b"secret", b"row 1"), b"row 2")


def test_it_opens_no_more_when_any_of_its_bits_was_changed() -> None:
    seal = Seal([NEW])
    sealed = seal.seal(b"secret", b"here")
    for at in range(len(sealed)):
        for bit in range(8):
            changed = bytes([*sealed[:at], sealed[at] ^ 1 << bit, *sealed[at + 1 :]])
            with pytest.raises(Unsealable):
                seal.open(changed, b"here")


@pytest.mark.parametrize("value", [b"", b"\x01", b"secret", b'{"secret": "whsec_abc"}', b"\x01" * 52])
def test_what_is_no_sealed_value_is_told_from_one(value: bytes) -> None:
    assert not is_sealed(value)
    with pytest.raises(Unsealable, match="no sealed value"):
        Seal([NEW]).open(value, b"here")


def test_new_values_are_under_the_newest_key_and_old_ones_still_open() -> None:
    before, after = Seal([OLD]), Seal([NEW, OLD])
    old, new = before.seal(b"secret", b"here"), after.seal(b"secret", b"here")
    assert (after.open(old, b"here"), after.open(new, b"here")) == (b"secret", b"secret")
    assert (after.is_newest(old), after.is_newest(new)) == (False, True)
    assert Seal([NEW]).open(new, b"here") == b"secret"


def test_processes_that_are_restarted_one_after_the_other_open_what_each_other_seals() -> None:
    at_first, then, at_last = Seal([OLD]), Seal([OLD, NEW]), Seal([NEW, OLD])
    for one, other in [(at_first, then), (then, at_first), (then, at_last), (at_last, then)]:
        assert other.open(one.seal(b"secret", b"here"), b"here") == b"secret"


def test_a_value_under_an_unknown_key_says_which_setting_opens_it() -> None:
    with pytest.raises(Unsealable, match="OUTWARD_SECRET_KEY_BEFORE"):
        Seal([NEW, OLD]).open(Seal([OTHER]).seal(b"secret", b"here"), b"here")


def test_neither_a_seal_nor_the_settings_show_a_key() -> None:
    seal = Seal([b"0123456789abcdef0123456789abcdef"])
    settings = Settings(_env_file=None, secret_key="the present key", secret_key_before="the key before")
    assert "0123456789" not in repr(seal)
    assert not re.search("present key|key before", f"{settings!r}{settings.model_dump_json()}")


def test_the_keys_are_the_one_in_use_and_those_before_it() -> None:
    settings = Settings(
        _env_file=None, database_url=ELSEWHERE, secret_key="new", secret_key_before='["old", "older", "new"]'
    )
    assert secret_keys(settings) == (b"new", b"old", b"older")
    old = seal_of(Settings(_env_file=None, database_url=ELSEWHERE, secret_key="older"))
    assert seal_of(settings).open(old.seal(b"secret", b"here"), b"here") == b"secret"


@pytest.mark.parametrize("before", ["a key, with a comma", "[not json", "12345", '"quoted"', "{}"])
def test_one_key_before_is_taken_as_it_is(before: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTWARD_SECRET_KEY", "new")
    monkeypatch.setenv("OUTWARD_SECRET_KEY_BEFORE", before)
    assert secret_keys(Settings(_env_file=None)) == (b"new", before.encode())


def test_several_keys_before_are_an_array_in_the_environment_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTWARD_SECRET_KEY", "new")
    monkeypatch.setenv("OUTWARD_SECRET_KEY_BEFORE", json.dumps(["old", "older"]))
    assert secret_keys(Settings(_env_file=None)) == (b"new", b"old", b"older")
    monkeypatch.setenv("OUTWARD_SECRET_KEY_BEFORE", "")
    assert secret_keys(Settings(_env_file=None)) == (b"new",)


def test_a_server_elsewhere_needs_a_key() -> None:
    with pytest.raises(MissingSecretKey):
        seal_of(Settings(_env_file=None, database_url=ELSEWHERE))


def test_an_empty_key_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTWARD_SECRET_KEY", "")
    with pytest.raises(MissingSecretKey):
        secret_keys(Settings(_env_file=None, database_url=ELSEWHERE))


def test_a_data_directory_keeps_its_key_and_the_one_before(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path)
    (first,) = secret_keys(settings)
    before = change_kept_key(tmp_path, datetime(2026, 11, 24, 18, 30, tzinfo=UTC))
    second, *others = secret_keys(settings)
    assert (second != first, others, before.name) == (True, [first], "secret.key.before-20261124T183000Z")
    assert {os.stat(file).st_mode & 0o777 for file in tmp_path.glob("secret.key*")} == {0o600}
    own = Settings(_env_file=None, data_dir=tmp_path, secret_key="its own")
    assert secret_keys(own) == (b"its own", first)


def test_a_kept_key_is_not_changed_while_a_process_uses_the_directory(tmp_path: Path) -> None:
    (first,) = secret_keys(Settings(_env_file=None, data_dir=tmp_path))
    use = UseOfDirectory(tmp_path)
    with pytest.raises(DirectoryInUse, match="stop `outward serve`"):
        change_kept_key(tmp_path, datetime.now(UTC))
    assert secret_keys(Settings(_env_file=None, data_dir=tmp_path)) == (first,)
    use.release()
    assert keys_before(tmp_path) == {}
