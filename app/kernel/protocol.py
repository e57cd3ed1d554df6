"""What is no HTTP never reaches the service; it is answered as a problem all the same."""

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.kernel.problems import MEDIA_TYPE, Malformed


class ProblemProtocol(HttpToolsProtocol):
    """HTTP/1.1 as uvicorn speaks it, but for the answer to what it cannot read."""

    def send_400_response(self, msg: str) -> None:
        problem = Malformed("It is no HTTP: see its first line, its headers (no NUL), and that the address is shorter.")
        body = orjson.dumps(problem.document())
        head = (
            f"HTTP/1.1 {problem.status} Bad Request\r\ncontent-type: {MEDIA_TYPE}\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()
