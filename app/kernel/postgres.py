"""The embedded PostgreSQL: made on first use, shared by every process that uses the directory, stopped by the last."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

import asyncpg

from app.kernel.data_directory import DatabaseUnavailable, UseOfDirectory, prepare, turn_to_start_or_stop
from app.kernel.postgres_cluster import PORT, SUPERUSER, Cluster

__all__ = ["DatabaseUnavailable", "EmbeddedPostgres", "ServerAddress"]

_DATABASE = "outward"
_READY_SECONDS = 120
_NO_SOCKET_SECONDS = 2
_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where the server listens: `host` is the directory of its socket, `port` the number in the socket's name."""

    host: str
    port: int
    user: str
    database: str

    @property
    def url(self) -> str:
        """`postgresql://…`, as libpq and asyncpg read it."""
        return f"postgresql://{self.user}@/{self.database}?host={quote(self.host, safe='/')}&port={self.port}"


class EmbeddedPostgres:
    """The server of one data directory, for as long as this process needs it.

    Every process takes its own share by calling `start` itself, also a worker made by fork or spawn: a share isn't
    inherited. Two threads must not use one instance at the same time.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._use: UseOfDirectory | None = None

    def __enter__(self) -> ServerAddress:
        return self.start()

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()

    def start(self) -> ServerAddress:
        """Returns the address of a server that answers, and keeps it running until `stop` or the process's end.

        Finds the server another process has started, or makes and starts it. May be called in any thread, also one
        that runs an event loop, which it blocks meanwhile. Raises `DatabaseUnavailable`.
        """
        self._data_dir = prepare(self._data_dir)
        with turn_to_start_or_stop(self._data_dir):
            if self._use is None or not self._use.held:
                self._use = UseOfDirectory(self._data_dir)
            try:
                return _serve(Cluster(self._data_dir))
            except OSError as error:
                self._leave()
                raise DatabaseUnavailable(f"The data directory {self._data_dir} can't be used: {error}.") from error
            except BaseException:
                self._leave()
                raise

    def stop(self) -> None:
        """Gives up this process's share; the last one stops the server. Does nothing when there is no share.

        Raises `DatabaseUnavailable` when the server can't be stopped.
        """
        use = self._use
        if use is not None and use.held:
            try:
                with turn_to_start_or_stop(self._data_dir):
                    self._leave()
            finally:
                use.release()

    def _leave(self) -> None:
        use, self._use = self._use, None
        if use is not None:
            try:
                if use.is_the_last():
                    Cluster(self._data_dir).stop_server()
            finally:
                use.release()


def _serve(cluster: Cluster) -> ServerAddress:
    """Returns when a connection succeeds; starts the server when nobody listens."""
    cluster.make_if_missing()
    address = ServerAddress(str(cluster.socket_directory()), PORT, SUPERUSER, _DATABASE)
    began = time.monotonic()
    while (refusal := _ask(address)) is not None:
        waited = time.monotonic() - began
        hopeless = isinstance(refusal, asyncpg.InvalidAuthorizationSpecificationError)
        if hopeless or waited > _READY_SECONDS:
            raise DatabaseUnavailable(
                f"The database in {cluster.path} doesn't answer: {refusal}{cluster.log_tail()}"
            ) from refusal
        if isinstance(refusal, FileNotFoundError | ConnectionRefusedError):
            if not cluster.is_running():
                cluster.start_server(Path(address.host))
            elif waited > _NO_SOCKET_SECONDS:
                # It lives, but somebody has removed its socket.
                cluster.stop_server()
        time.sleep(_POLL_SECONDS)
    return address


def _ask(address: ServerAddress) -> Exception | None:
    """Connects and asks something; makes the database on first use. Returns why it failed."""

    async def ask(database: str, statement: str) -> None:
        connection = await asyncpg.connect(
            host=address.host, port=address.port, user=address.user, database=database, timeout=10
        )
        try:
            await connection.execute(statement)
        finally:
            await connection.close(timeout=5)

    async def ask_or_make() -> Exception | None:
        try:
            await ask(address.database, "SELECT 1")
        except asyncpg.InvalidCatalogNameError:
            await ask("postgres", f'CREATE DATABASE "{address.database}"')
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            return error
        return None

    # The calling thread may already be running an event loop.
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, ask_or_make()).result()
