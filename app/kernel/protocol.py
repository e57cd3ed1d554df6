"""HTTP/1.1 as uvicorn speaks it: but what is no HTTP is answered as a problem all the same, and the service is told
when the process is to end, not only when every answer has ended.
"""

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.kernel.problems import MEDIA_TYPE, Malformed

AT_SHUTDOWN = "at_shutdown"
"""The name in the lifespan's state of what is called, maybe more than once, when the process is to end."""


class ProblemProtocol(HttpToolsProtocol):
    """What uvicorn does for each connection, and the two things above."""

    def shutdown(self) -> None:
        super().shutdown()
        at_shutdown = self.app_state.get(AT_SHUTDOWN)
        if at_shutdown is not None:
            at_shutdown()

    def send_400_response(self, msg: str) -> None:
        problem = Malformed("It is no HTTP: see its first line, its headers (no NUL), and that the address is shorter.")
        body = orjson.dumps(problem.document())
        head = (
            f"HTTP/1.1 {problem.status} Bad Request\r\ncontent-type: {MEDIA_TYPE}\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()
