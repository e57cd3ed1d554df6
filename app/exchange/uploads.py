"""Taking a log and its mapping off a multipart request: streamed to a file, never whole in memory."""

import os
import tempfile
from asyncio import to_thread
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from app.kernel.problems import Invalid, Malformed, TooLarge, UnsupportedMediaType

MOST_MAPPING_BYTES: Final = 1024**2
_PIECE_BYTES: Final = 256 * 1024
PARTS: Final = ("file", "mapping")


@dataclass(frozen=True, slots=True)
class Upload:
    """A log and its mapping. The log is in a file that whoever receives it has to remove; `file_name` is what the
    sender calls it, `digest` tells it from every other upload."""

    path: Path
    file_name: str | None
    mapping: bytes
    digest: bytes

    @property
    def size(self) -> int:
        """How many bytes the log has, as it was sent."""
        return self.path.stat().st_size

    def remove(self) -> None:
        """Removes the file."""
        self.path.unlink()


async def receive(request: Request, most_bytes: int) -> Upload:
    """The parts `file` and `mapping` of the request.

    Raises:
        UnsupportedMediaType: it is not multipart/form-data.
        Malformed: it is broken off or otherwise no multipart body.
        TooLarge: the body has more than `most_bytes`, or the mapping more than 1 MiB.
        Invalid: a part is missing, unknown, or there twice.
    """
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise UnsupportedMediaType("Send multipart/form-data with the parts `file` and `mapping`.")
    async with aclosing(_counted(request, most_bytes)) as stream:
        try:
            form = await MultiPartParser(request.headers, stream, max_files=2, max_fields=2).parse()
        except MultiPartException as error:
            raise Malformed(error.message) from error
    try:
        file, mapping = _parts(form)
        return await to_thread(_kept, file, mapping)
    finally:
        await form.close()


async def _counted(request: Request, most_bytes: int) -> AsyncGenerator[bytes, None]:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most_bytes:
            raise TooLarge(f"Send at most {most_bytes} bytes.", headers={"Connection": "close"})
        yield chunk


def _parts(form: FormData) -> list[UploadFile | str]:
    for name in form:
        if name not in PARTS:
            raise Invalid.field(f"/{name}", "This field is not known here.")
    found = []
    for name in PARTS:
        parts = form.getlist(name)
        if len(parts) != 1:
            raise Invalid.field(f"/{name}", "is there more than once." if parts else "is missing.")
        found.append(parts[0])
    return found


def _kept(file: UploadFile | str, mapping: UploadFile | str) -> Upload:
    text = mapping.encode() if isinstance(mapping, str) else mapping.file.read(MOST_MAPPING_BYTES + 1)
    if len(text) > MOST_MAPPING_BYTES:
        raise TooLarge("A mapping may have at most 1 MiB.")
    handle, name = tempfile.mkstemp(prefix="outward-import-")
    digest = sha256(sha256(text).digest())
    with os.fdopen(handle, "wb") as kept:
        for piece in _pieces(file):
            digest.update(piece)
            kept.write(piece)
    file_name = None if isinstance(file, str) else file.filename
    return Upload(Path(name), file_name or None, text, digest.digest())


def _pieces(file: UploadFile | str) -> Iterator[bytes]:
    if isinstance(file, str):
        yield file.encode()
        return
    while piece := file.file.read(_PIECE_BYTES):
        yield piece
