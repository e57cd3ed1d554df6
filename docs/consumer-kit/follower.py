"""Follows Outward's feed: each event in its order, also over restarts and lost connections.

pip install httpx
OUTWARD_KEY=ow_… python follower.py
"""

import json
import os
import time
from pathlib import Path

import httpx

URL = os.environ.get("OUTWARD_URL", "http://127.0.0.1:8000") + "/v1/events/stream"
POSITION = Path(os.environ.get("POSITION", "position"))


def handle(event: dict) -> None:
    print(event["sequence"], event["type"], flush=True)  # your effect; it comes again if you fall over right after it


def follow() -> None:
    headers = {"Authorization": f"Bearer {os.environ['OUTWARD_KEY']}"}
    if POSITION.exists():
        headers["Last-Event-ID"] = POSITION.read_text()
    # Something comes every 15 seconds: who hears nothing for a minute has lost the connection.
    with httpx.stream("GET", URL, headers=headers, timeout=httpx.Timeout(10, read=60)) as stream:
        stream.raise_for_status()
        fields: dict[str, str] = {}
        for line in stream.iter_lines():
            if line:
                name, _, value = line.partition(":")
                fields[name] = value.removeprefix(" ")
                continue
            if "data" in fields:
                handle(json.loads(fields["data"]))
            if "id" in fields:
                POSITION.write_text(fields["id"])
            fields = {}


while True:
    try:
        follow()
    except httpx.HTTPStatusError as refused:
        if refused.response.status_code < 500:
            raise
    except httpx.TransportError as lost:
        print("the connection was lost:", lost, flush=True)
    time.sleep(3)
