"""Signatures as Standard Webhooks has them, by the word of the libraries that consumers verify with."""

import base64
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.webhooks.wire.signing import BadSecret, new_key_pair, new_secret, require_secret, signed_headers
from tests.webhooks.consumers import (
    Refused,
    Verifier,
    changed,
    with_cryptography,
    with_pypi_standardwebhooks,
    with_pypi_svix,
)

BODY = (
    '{"id":"e1","type":"ticket.opened","timestamp":"2026-03-02T09:00:00Z","data":{"title":"Größe 🙂 \\u0000"}}'.encode()
)
ID = "0199a6c8-9c55-7cc8-8f0a-4a8bb2f7ac11"


@pytest.fixture(params=["standardwebhooks of PyPI", "svix of PyPI", "standardwebhooks of npm"])
def verify(request: pytest.FixtureRequest) -> Verifier:
    """A library that consumers verify `v1` signatures with."""
    if request.param == "standardwebhooks of npm":
        in_node: Verifier = request.getfixturevalue("in_node")
        return in_node
    return with_pypi_svix if request.param == "svix of PyPI" else with_pypi_standardwebhooks


@pytest.fixture(params=["cryptography", "Node's own"])
def verify_v1a(request: pytest.FixtureRequest) -> Verifier:
    """An implementation of Ed25519 that verifies `v1a` signatures."""
    if request.param == "Node's own":
        in_node: Verifier = request.getfixturevalue("in_node")
        return in_node
    return with_cryptography


def now() -> datetime:
    return datetime.now(UTC)


def secret_of(size: int) -> str:
    return "whsec_" + base64.b64encode(bytes(range(size))).decode()


def test_a_delivery_verifies(verify: Verifier) -> None:
    secret = new_secret()
    verify(BODY, signed_headers(ID, now(), BODY, [secret]), secret)


def test_it_does_with_a_secret_of_any_size_that_is_allowed(verify: Verifier) -> None:
    for size in range(24, 65):
        secret = require_secret(secret_of(size))
        verify(BODY, signed_headers(ID, now(), BODY, [secret]), secret)


@pytest.mark.parametrize(
    "body",
    [b"{}", '{"a": "é 🙂"}'.encode(), b' {"a":\r\n1}\t', b'{"a":"' + b"x" * 262_000 + b'"}'],
    ids=["short", "beyond ASCII", "with white space", "long"],
)
def test_the_bytes_that_are_sent_are_those_that_were_signed(verify: Verifier, body: bytes) -> None:
    secret = new_secret()
    verify(body, signed_headers(ID, now(), body, [secret]), secret)


def test_a_body_that_was_tampered_with_is_refused(verify: Verifier) -> None:
    secret = new_secret()
    headers = signed_headers(ID, now(), BODY, [secret])
    for tampered in (BODY + b" ", BODY.replace(b"opened", b"closed"), b"{}"):
        with pytest.raises(Refused, match="No matching signature"):
            verify(tampered, headers, secret)


def test_another_id_is_refused(verify: Verifier) -> None:
    secret = new_secret()
    headers = signed_headers(ID, now(), BODY, [secret])
    with pytest.raises(Refused, match="No matching signature"):
        verify(BODY, changed(headers, webhook_id=ID[:-1] + "2"), secret)


def test_another_timestamp_is_refused(verify: Verifier) -> None:
    secret = new_secret()
    headers = signed_headers(ID, now(), BODY, [secret])
    later = int(headers["webhook-timestamp"]) + 1
    with pytest.raises(Refused, match="No matching signature"):
        verify(BODY, changed(headers, webhook_timestamp=later), secret)


@pytest.mark.parametrize(("off", "why"), [(-600, "too old"), (600, "too new")])
def test_a_stale_timestamp_is_refused_although_it_was_signed(verify: Verifier, off: int, why: str) -> None:
    secret = new_secret()
    headers = signed_headers(ID, now() + timedelta(seconds=off), BODY, [secret])
    with pytest.raises(Refused, match=why):
        verify(BODY, headers, secret)


def test_another_secret_is_refused(verify: Verifier) -> None:
    headers = signed_headers(ID, now(), BODY, [new_secret()])
    with pytest.raises(Refused, match="No matching signature"):
        verify(BODY, headers, new_secret())


@pytest.mark.parametrize("with_key", [False, True])
def test_while_a_secret_is_rotated_the_new_and_the_old_one_verify(verify: Verifier, with_key: bool) -> None:
    new, old, signing_key = new_secret(), new_secret(), new_key_pair()[0] if with_key else None
    headers = signed_headers(ID, now(), BODY, [new, old], signing_key)
    verify(BODY, headers, new)
    verify(BODY, headers, old)
    with pytest.raises(Refused):
        verify(BODY, headers, new_secret())
    newest_alone = signed_headers(ID, now(), BODY, [new])["webhook-signature"]
    assert headers["webhook-signature"].split()[0][:3] == newest_alone[:3] == "v1,"
    verify(BODY, changed(headers, webhook_signature=headers["webhook-signature"].split()[0]), new)


def test_a_key_pair_verifies_beside_a_secret(verify_v1a: Verifier) -> None:
    signing_key, public_key = new_key_pair()
    headers = signed_headers(ID, now(), BODY, [new_secret()], signing_key)
    verify_v1a(BODY, headers, public_key)
    assert [each.split(",")[0] for each in headers["webhook-signature"].split()] == ["v1", "v1a"]


def test_what_was_tampered_with_is_refused_by_a_public_key_too(verify_v1a: Verifier) -> None:
    signing_key, public_key = new_key_pair()
    headers = signed_headers(ID, now(), BODY, [new_secret()], signing_key)
    tampered = [
        (BODY + b" ", headers, public_key),
        (BODY, changed(headers, webhook_id="another"), public_key),
        (BODY, changed(headers, webhook_timestamp=1), public_key),
        (BODY, signed_headers(ID, now(), BODY, [new_secret()]), public_key),
        (BODY, headers, new_key_pair()[1]),
    ]
    for body, sent, key in tampered:
        with pytest.raises(Refused):
            verify_v1a(body, sent, key)


def test_signatures_are_those_of_the_known_examples() -> None:
    """Of the reference libraries: `v1` of all, `v1a` of the one in Go."""
    at = datetime.fromtimestamp(1614265330, UTC)
    signing_key = "whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk="
    headers = signed_headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        at,
        b'{"test": 2432232314}',
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        signing_key,
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= "
        "v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag==",
    }


def test_an_instant_is_the_same_in_every_zone_and_is_cut_to_the_second() -> None:
    secret, at = new_secret(), datetime(2026, 3, 2, 9, 0, 0, 999_999, tzinfo=UTC)
    elsewhere = at.astimezone(timezone(timedelta(hours=5, minutes=45)))
    assert signed_headers(ID, at, BODY, [secret]) == signed_headers(ID, elsewhere, BODY, [secret])
    assert signed_headers(ID, at, BODY, [secret])["webhook-timestamp"] == "1772442000"


def test_an_id_that_could_end_elsewhere_is_not_signed() -> None:
    with pytest.raises(ValueError, match="full stop"):
        signed_headers("1.2", now(), BODY, [new_secret()])


def test_a_body_that_is_no_text_is_not_signed() -> None:
    with pytest.raises(UnicodeDecodeError):
        signed_headers(ID, now(), b"\xff", [new_secret()])


def test_new_secrets_are_of_32_bytes_and_never_the_same() -> None:
    made = {new_secret() for _ in range(200)}
    assert len(made) == 200
    assert {len(base64.b64decode(each.removeprefix("whsec_"), validate=True)) for each in made} == {32}
    assert all(require_secret(each) == each for each in made)


def test_key_pairs_have_the_prefixes_and_sizes_of_the_specification() -> None:
    signing_key, public_key = new_key_pair()
    assert (signing_key[:5], public_key[:5]) == ("whsk_", "whpk_")
    assert [len(base64.b64decode(each[5:], validate=True)) for each in (signing_key, public_key)] == [32, 32]


@given(size=st.integers(24, 64))
def test_a_secret_without_its_padding_is_kept_with_it(size: int) -> None:
    secret = secret_of(size)
    assert require_secret(secret.rstrip("=")) == secret


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "must begin with whsec_."),
        (secret_of(32).removeprefix("whsec_"), "must begin with whsec_."),
        (secret_of(32).replace("whsec_", "whsk_"), "must begin with whsec_."),
        (" " + secret_of(32), "must begin with whsec_."),
        ("whsec_", "must be the base64 of 24 to 64 bytes; it has 0."),
        (secret_of(23), "must be the base64 of 24 to 64 bytes; it has 23."),
        (secret_of(65), "must be the base64 of 24 to 64 bytes; it has 65."),
        (secret_of(32) + "\n", "must be whsec_ and base64 (A-Z a-z 0-9 + /)."),
        ("whsec_" + "a-_b" * 12, "must be whsec_ and base64 (A-Z a-z 0-9 + /)."),
        ("whsec_" + "ä" * 44, "must be whsec_ and base64 (A-Z a-z 0-9 + /)."),
        ("whsec_" + "a" * 41, "must be whsec_ and base64 (A-Z a-z 0-9 + /)."),
        ("whsec_" + "a" * 43 + "==", "must be whsec_ and base64 (A-Z a-z 0-9 + /)."),
        ("whsec_" + "a" * 42 + "b=", "must be base64 whose unused last bits are zero."),
    ],
)
def test_what_is_no_secret_is_told_why_without_being_repeated(text: str, why: str) -> None:
    with pytest.raises(BadSecret) as refused:
        require_secret(text)
    assert str(refused.value) == why
