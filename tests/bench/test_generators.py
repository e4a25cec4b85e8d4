"""The load generators count what happened, and do not flatter a service that stalls."""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.bench.answering import ACCEPTED, REFUSED, answering
from tests.bench.closed_loop import closed_loop
from tests.bench.generator import BUNDLED, WRK, Order, generate
from tests.bench.open_loop import open_loop, timetable

if TYPE_CHECKING:
    from pathlib import Path

FORMS = [b"form=%d" % number for number in range(300)]
needs_wrk = pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")


@pytest.mark.parametrize("tool", [pytest.param(WRK, marks=needs_wrk), BUNDLED])
async def test_refusals_are_counted_apart_and_no_form_is_posted_twice(tool: str, tmp_path: Path) -> None:
    """A file that may be used up once is: every third form is refused, and counted as that."""
    path = tmp_path / "forms"
    path.write_bytes(b"\n".join(FORMS) + b"\n")
    order = Order(bodies=path, connections=4, seconds=30, once=True)
    async with answering(lambda form: REFUSED if form.endswith((b"0", b"3", b"6")) else ACCEPTED) as server:
        figures = await asyncio.to_thread(generate, server.port, order, tool)
        assert sorted(server.bodies) == sorted(FORMS)
    assert figures["errors"] == 0
    # wrk does not wait for the last answers.
    assert 290 <= figures["answered"] + figures["refused"] <= 300
    assert 80 <= figures["refused"] <= 90
    assert 0 < figures["seconds"] < 30


@pytest.mark.parametrize("tool", [pytest.param(WRK, marks=needs_wrk), BUNDLED])
async def test_a_closed_loop_goes_over_its_file_until_the_time_is_up(tool: str, tmp_path: Path) -> None:
    """Fewer forms than requests are posted again and again, all of them equally."""
    path = tmp_path / "forms"
    path.write_bytes(b"\n".join(FORMS[:3]) + b"\n")
    order = Order(bodies=path, connections=2, seconds=0.3)
    async with answering() as server:
        figures = await asyncio.to_thread(generate, server.port, order, tool)
        counts = [server.bodies.count(form) for form in FORMS[:3]]
    assert max(counts) - min(counts) <= 1
    assert 3 < figures["answered"] <= sum(counts)
    assert figures["refused"] == figures["errors"] == 0


async def test_answers_are_kept_in_the_places_of_their_requests() -> None:
    """However the answers arrive, preparing knows which invoice belongs to whom."""
    async with answering(lambda form: form + b"!") as server:
        _, kept = await closed_loop(server.port, FORMS, 7, 30.0, once=True, keep=True)
    assert kept == [form + b"!" for form in FORMS]


async def test_lost_connections_are_errors() -> None:
    """A service that hangs up on everybody ends the load, with one error for each connection."""
    async with answering(lambda _form: None) as server:
        figures, _ = await closed_loop(server.port, FORMS, 5, 30.0, once=True)
    assert (figures["answered"], figures["errors"]) == (0, 5)


async def test_a_stall_shows_in_an_open_loop() -> None:
    """Of 100 requests at most 4 were in the air during the stall, yet the median shows it.

    The service stands still for most of the run: whoever counts from the sending sees 96 fast answers.
    """

    def answer(_form: bytes) -> bytes:
        if len(server.bodies) == 5:
            server.hold(0.4)
        return ACCEPTED

    async with answering(answer) as server:
        figures = await open_loop(server.port, FORMS, 4, 0.5, 200)
    assert figures["answered"] == len(timetable(0.5, 200))
    assert figures["errors"] == figures["unsent"] == 0
    assert figures["p50_ms"] > 75
    assert figures["p99_ms"] > 350
    assert figures["late"] > 50


async def test_requests_without_an_answer_count_with_what_they_waited() -> None:
    """A service that never answers gets no good percentiles: all is errors, and all waited to the end."""
    async with answering() as server:
        server.hold(60)
        figures = await open_loop(server.port, FORMS, 2, 0.2, 100, last_answers_s=0.2)
    due = len(timetable(0.2, 100))
    assert figures["answered"] == 0
    assert figures["errors"] == due
    assert figures["unsent"] == due - 2
    assert figures["p50_ms"] > 200


def test_the_timetable_is_random_but_always_the_same() -> None:
    """Arrivals keep their rate, and a second run meets the same ones."""
    times = timetable(10, 1000)
    assert times == timetable(10, 1000) == sorted(times)
    assert 9_500 < len(times) < 10_500
    assert 0 < times[0] < times[-1] < 10
