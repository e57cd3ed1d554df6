"""The bytes of a log: a file, unpacked when it is gzipped, never more of them than allowed."""

import gzip
import io
import zlib
from pathlib import Path
from typing import Any, Final

GZIP: Final = b"\x1f\x8b"


class UnreadableLog(Exception):
    """The file cannot be read as a log; says what is wrong and where. Nothing of it is kept."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(f"Line {line}: {reason}." if line else f"{reason[0].upper()}{reason[1:]}.")
        self.reason = reason
        self.line = line


class LogTooLarge(UnreadableLog):
    """Unpacked, the file is larger than allowed."""


class Source(io.RawIOBase):
    """The file's bytes, unpacked. Whether it is gzipped is told by its first bytes, not by its name."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        super().__init__()
        self.max_bytes = max_bytes
        self.unpacked = 0
        self._file = path.open("rb")
        packed = self._file.read(2) == GZIP
        self._file.seek(0)
        self._bytes: io.BufferedIOBase = gzip.GzipFile(fileobj=self._file) if packed else self._file

    @property
    def consumed(self) -> int:
        """How many bytes of the file itself were read; may be asked from another thread."""
        return 0 if self._file.closed else self._file.tell()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            piece = self._bytes.read(len(buffer))
        except EOFError as error:
            reason = f"the gzip file is cut off: it ends after {self.unpacked} unpacked bytes, in the midst of its data"
            raise UnreadableLog(reason) from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise UnreadableLog(f"the gzip file is damaged after {self.unpacked} unpacked bytes: {error}") from error
        self.unpacked += len(piece)
        if self.unpacked > self.max_bytes:
            raise LogTooLarge(f"unpacked, the file has more than {self.max_bytes} bytes, which is the most allowed")
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        if not self.closed:
            self._bytes.close()
            self._file.close()
        super().close()


def open_source(path: Path, max_bytes: int) -> io.BufferedReader:
    """A buffered reader of the unpacked bytes; its `raw` is the `Source`."""
    return io.BufferedReader(Source(path, max_bytes), 64 * 1024)
