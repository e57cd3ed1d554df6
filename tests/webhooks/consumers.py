"""Those who receive what Outward signs: the reference libraries, and the receivers of the consumer kit as processes."""

import base64
import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

import standardwebhooks
import svix.webhooks
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

KIT: Final = Path(__file__).parents[2] / "docs" / "consumer-kit"
NODE: Final = shutil.which("node")

Headers = Mapping[str, str]
Verifier = Callable[[bytes, Headers, str], None]
"""Takes body, headers, and secret or public key.

Raises:
    Refused: it does not verify.
"""


class Refused(Exception):
    """A library does not accept a signature."""


def with_pypi_standardwebhooks(body: bytes, headers: Headers, key: str) -> None:
    try:
        standardwebhooks.Webhook(key).verify(body, dict(headers))
    except (standardwebhooks.WebhookVerificationError, ValueError) as error:
        raise Refused(str(error)) from error


def with_pypi_svix(body: bytes, headers: Headers, key: str) -> None:
    try:
        svix.webhooks.Webhook(key).verify(body, dict(headers))
    except (svix.webhooks.WebhookVerificationError, ValueError) as error:
        raise Refused(str(error)) from error


def with_cryptography(body: bytes, headers: Headers, key: str) -> None:
    """`v1a`, by the specification's words alone."""
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key.removeprefix("whpk_"), validate=True))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    for signature in headers["webhook-signature"].split():
        version, _, value = signature.partition(",")
        if version == "v1a":
            try:
                public.verify(base64.b64decode(value, validate=True), signed)
            except InvalidSignature:
                continue
            return
    raise Refused("none of the signatures matches")


def kit_for_node(run_directory: Path) -> Path:
    """A directory of this run with the kit, what it needs from npm, and `verify.mjs`; made by whoever comes first."""
    directory = run_directory / "consumer-kit"
    with (run_directory / "consumer-kit.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (directory / "complete").exists():
            directory.mkdir(exist_ok=True)
            for file in (*KIT.iterdir(), Path(__file__).with_name("verify.mjs")):
                if file.is_file():
                    shutil.copy(file, directory)
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=120, check=False)
            assert done.returncode == 0, done.stderr
            (directory / "complete").touch()
    return directory


@contextmanager
def node_verifying(directory: Path) -> Iterator[Verifier]:
    """A verifier in a Node process."""
    command = [str(NODE), "verify.mjs"]
    with subprocess.Popen(
        command, cwd=directory, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        told, answered = process.stdin, process.stdout
        assert told is not None
        assert answered is not None

        def verify(body: bytes, headers: Headers, key: str) -> None:
            asked = {"body": base64.b64encode(body).decode(), "headers": dict(headers), "key": key}
            told.write(json.dumps(asked) + "\n")
            answer = answered.readline().strip()
            if answer != "verified":
                assert answer, "the Node process ended"
                raise Refused(answer)

        yield verify


@contextmanager
def kit_receiver(command: list[str], directory: Path, secret: str) -> Iterator["KitReceiver"]:
    """A receiver of the kit as a process, with what it keeps in a directory; it listens once this is entered."""
    kept = {"PORT": "0", "DATABASE": str(directory / "received.db"), "INBOX": str(directory / "inbox")}
    environment = os.environ | kept | {"OUTWARD_WEBHOOK_SECRET": secret}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield KitReceiver(process.stdout)
        finally:
            process.terminate()


class KitReceiver:
    """A receiver of the kit, and what it says that it did."""

    def __init__(self, said: IO[str]) -> None:
        self._said = said
        self.url = f"http://127.0.0.1:{said.readline().removeprefix('listening on ').strip()}/"

    def next_done(self) -> tuple[str, str]:
        """The id and the type of the next event that it did."""
        word, id_, kind = self._said.readline().split()
        assert word == "done"
        return id_, kind


def python_receiver() -> list[str]:
    return [sys.executable, str(KIT / "receiver.py")]


def node_receiver(directory: Path) -> list[str]:
    return [str(NODE), str(directory / "receiver.mjs")]


def changed(headers: Headers, **others: Any) -> dict[str, str]:
    """The headers with others, by their names with underscores."""
    return {**headers, **{name.replace("_", "-"): str(value) for name, value in others.items()}}
