"""Run as a program: the broker inside librdkafka, on real sockets, until its standard input ends.

It speaks the Kafka protocol to any client, keeps everything in memory, and is no Apache Kafka. Says its port.
"""

from __future__ import annotations

import sys

from confluent_kafka.admin import AdminClient


def _say(text: object) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    # The property starts the broker within the client, and points the client to it.
    client = AdminClient({"bootstrap.servers": "none", "test.mock.num.brokers": 1, "log_level": 0})
    (broker,) = client.list_topics(timeout=30).brokers.values()
    _say(broker.port)
    sys.stdin.read()
