"""Requests read strictly: what an address, a media type and a body must be before anybody looks at their fields."""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

import orjson
from fastapi import Request

from app.kernel.problems import FieldError, Invalid, TooLarge, UnsupportedMediaType, pointer_to

_NO_NUL = "must not contain NUL characters."
_UTF_8 = "must be encoded in UTF-8."


class StrictRequest(Request):
    """A request whose JSON is read strictly: no NaN, no lone surrogates, no number beyond a double."""

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            self._json = orjson.loads(await self.body())
        return self._json

    def check_address(self) -> None:
        """Looks at the path and the query as they were sent.

        Raises:
            Invalid: they contain a NUL or no UTF-8, or state a parameter twice.
        """
        errors = [*_wrong_in_path(self.scope), *_wrong_in_query(self.scope.get("query_string", b""))]
        if errors:
            raise Invalid(" ".join(f"{error.pointer}: {error.detail}" for error in errors), errors=errors)

    def check_media_type(self) -> None:
        """Looks at what the body is said to be; one that is not sent may be anything.

        Raises:
            UnsupportedMediaType: it is no JSON, or compressed.
        """
        stated = self.headers.get("content-type")
        media = (stated or "").partition(";")[0].strip().lower()
        if media != "application/json" and not (media.startswith("application/") and media.endswith("+json")):
            told = "no Content-Type" if stated is None else f"the Content-Type {stated!r}"
            raise UnsupportedMediaType(f"The body has {told}; send it with Content-Type: application/json.")
        if self.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise UnsupportedMediaType("Send the body as it is, without a Content-Encoding.")

    async def check_body(self, most_bytes: int) -> None:
        """Reads the body, up to its limit of whole MiB.

        Raises:
            TooLarge: it has more than `most_bytes`.
        """
        declared = self.headers.get("content-length", "0")
        too_large = TooLarge(f"Send at most {most_bytes // 2**20} MiB.", headers={"Connection": "close"})
        if declared.isdigit() and int(declared) > most_bytes:
            raise too_large
        chunks, size = [], 0
        async for chunk in self.stream():
            size += len(chunk)
            if size > most_bytes:
                raise too_large
            chunks.append(chunk)
        self._body = b"".join(chunks)

    async def check_characters(self) -> None:
        """Looks for NUL characters, which no text in the database can hold.

        Raises:
            Invalid: a string in the body contains one.
        """
        if b"\\u0000" in await self.body():
            try:
                path = _nul(await self.json())
            except orjson.JSONDecodeError:
                return
            if path is not None:
                raise Invalid.field(pointer_to(path), _NO_NUL)


def _wrong_in_path(scope: Any) -> Iterator[FieldError]:
    if "\x00" in scope["path"]:
        yield FieldError("path", _NO_NUL)
    raw: bytes = scope.get("raw_path") or b""
    if b"%" in raw and not _is_utf_8(unquote_to_bytes(raw)):
        yield FieldError("path", _UTF_8)


def _wrong_in_query(query: bytes) -> Iterator[FieldError]:
    seen: set[str] = set()
    # Read as bytes that are characters, so that what is no UTF-8 still has a name and a value.
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True, encoding="latin-1"):
        pointer = "?" + name.encode("latin-1").decode("utf-8", "replace")
        if "\x00" in name or "\x00" in value:
            yield FieldError(pointer.replace("\x00", ""), _NO_NUL)
        if not _is_utf_8(f"{name}{value}".encode("latin-1")):
            yield FieldError(pointer, _UTF_8)
        if name in seen:
            yield FieldError(pointer, "is stated more than once.")
        seen.add(name)


def _is_utf_8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _nul(document: Any) -> Sequence[str | int] | None:
    waiting: list[tuple[Any, tuple[str | int, ...]]] = [(document, ())]
    while waiting:
        value, path = waiting.pop()
        if isinstance(value, str) and "\x00" in value:
            return path
        if isinstance(value, dict):
            for name, inner in value.items():
                if "\x00" in name:
                    return path
                waiting.append((inner, (*path, name)))
        elif isinstance(value, list):
            waiting.extend((inner, (*path, index)) for index, inner in enumerate(value))
    return None
