"""Receives Outward's webhooks: verifies each, does it once, answers at once.

pip install standardwebhooks
OUTWARD_WEBHOOK_SECRET=whsec_… python receiver.py
"""

import os
import sqlite3
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["OUTWARD_WEBHOOK_SECRET"])
FILE = os.environ.get("DATABASE", "received.db")
sqlite3.connect(FILE).execute("create table if not exists received (webhook_id text primary key, type text)")


def once(webhook_id: str, event: dict) -> None:
    """What the event is to do, and that it was done, in one transaction: both or neither, however often it comes."""
    with sqlite3.connect(FILE, timeout=10) as transaction:
        row = (webhook_id, event["type"])
        if transaction.execute("insert into received values (?, ?) on conflict do nothing", row).rowcount:
            print("done", webhook_id, event["type"], flush=True)  # your effect, in the same transaction


class Receiver(BaseHTTPRequestHandler):
    timeout = 15

    def do_POST(self) -> None:
        body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), 262_144))
        try:
            event = webhook.verify(body, dict(self.headers))  # the bytes as they came, not parsed and written again
        except (WebhookVerificationError, ValueError):
            self.send_error(401)
            return
        once(self.headers["webhook-id"], event)
        self.send_response(204)
        self.end_headers()


ThreadingHTTPServer.request_queue_size = 128  # many may come at the same moment
server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8080"))), Receiver)
print("listening on", server.server_port, flush=True)
server.serve_forever()
