"""Many followers of the stream in one process, which take what comes and look at nothing.

They stand for programs on other machines, so what they cost here is kept small: the kernel throws away what
it would copy to them (MSG_TRUNC), and counts it. Follows until its standard input ends. Linux.
"""

from __future__ import annotations

import json
import os
import selectors
import socket
import sys
from collections import Counter

from tests.bench.feed_lag import stream_request

_AT_ONCE = 1 << 24
_FIELDS = "Accept-Encoding: gzip\r\n"  # as browsers and most libraries ask


def follow(port: int, query: str, count: int) -> dict[str, int]:
    """The fewest and most bytes that one of them got."""
    taken: Counter[int] = Counter()
    with selectors.DefaultSelector() as waiting:
        for number in range(count):
            connection = socket.create_connection(("127.0.0.1", port))
            connection.sendall(stream_request(query, _FIELDS))
            connection.settimeout(0)
            waiting.register(connection, selectors.EVENT_READ, number)
        waiting.register(sys.stdin.fileno(), selectors.EVENT_READ)
        sys.stdout.write("following\n")
        sys.stdout.flush()
        room = bytearray(_AT_ONCE)
        while True:
            for key, _ in waiting.select():
                if not isinstance(key.fileobj, socket.socket):
                    return {
                        "followers": count,
                        "bytes_min": min(taken.values()),
                        "bytes_max": max(taken.values()),
                    }
                got = key.fileobj.recv_into(room, 0, socket.MSG_TRUNC)
                if not got:
                    raise ConnectionError("the service let a follower go")
                taken[key.data] += got


if __name__ == "__main__":
    orders = os.environ
    found = follow(int(orders["BENCH_PORT"]), orders["BENCH_QUERY"], int(orders["BENCH_FOLLOWERS"]))
    json.dump(found, sys.stdout)
