"""The window of a delivery against a plain model: accounts stay in order and nothing is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from service.feed.pages import Entry
from service.feed.webhooks.window import BYTES_MAX, EVENTS_MAX, Account, Failing, Window

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def entry(position: int, account: int) -> Entry:
    """An event of an account."""
    return Entry(position, "credit.added", f"account-{account}", b"{}")


@given(
    accounts=st.lists(st.integers(0, 3), max_size=40),
    choices=st.lists(
        st.tuples(st.integers(0, 9), st.sampled_from(["ok", "ok", "fail", "hurry"])), max_size=200
    ),
    page=st.integers(1, 10),
)
def test_a_window_keeps_order_and_position(
    accounts: list[int], choices: list[tuple[int, str]], page: int
) -> None:
    """Several are under way at once and end in any order, well or not; positions 1, 3, 5 ... are selected."""
    log = [entry(2 * index + 1, account) for index, account in enumerate(accounts)]
    window, flying, arrived, now, read = Window(0), list[Account](), list[Entry](), 0.0, 0
    for which, what in [*choices, *[(0, "ok")] * 200]:
        now += 1
        if read < len(log):
            part = log[read : read + page]
            read += len(part)
            window.take(part, part[-1].position + 1)
        while len(flying) < 3 and (account := window.next(now)) is not None:
            assert account not in flying
            flying.append(account)
        if what == "hurry":
            window.hurry()
        elif flying:
            account = flying.pop(which % len(flying))
            if what == "ok":
                arrived.append(account.entries[0])
                window.arrived(account)
            else:
                since = window.failed(account, now + which, NOW + timedelta(seconds=now), "no")
                assert since <= NOW + timedelta(seconds=now)
        missing = {each.position for each in log[:read]} - {each.position for each in arrived}
        assert window.position == (min(missing) - 1 if missing else window.looked)
    assert window.is_empty
    assert window.next_due() is None
    assert window.failing() is None
    assert sorted(arrived) == log
    for account_number in range(4):
        mine = [each.position for each in arrived if each.stream == f"account-{account_number}"]
        assert mine == sorted(mine)


def test_a_window_is_bounded() -> None:
    """By events since the first that has not arrived, and by bytes."""
    window = Window(0)
    window.take([entry(1, 1)], 1)
    first = window.next(0)
    assert first is not None
    window.failed(first, 100, NOW, "no")
    for position in range(2, EVENTS_MAX + 1):
        had_room = window.has_room
        assert had_room
        window.take([entry(position, 2)], position)
        account = window.next(0)
        assert account is not None
        window.arrived(account)
    assert (window.has_room, window.position) == (False, 0)
    window.arrived(first)
    assert (window.has_room, window.position) == (True, EVENTS_MAX)
    window.take([Entry(501, "x", "account-1", bytes(BYTES_MAX))], 501)
    assert (window.has_room, window.position) == (False, EVENTS_MAX)


def test_what_failed_before_a_restart_is_remembered() -> None:
    """Its time goes on when it is read again; if it is not selected any more it is forgotten."""
    before = Failing(2, NOW, 7)
    window = Window(0, before)
    assert window.failing() == (before, "")
    window.take([entry(1, 1), entry(2, 1)], 2)
    account = window.next(0)
    assert account is not None
    window.arrived(account)
    account = window.next(0)
    assert account is not None
    assert (account.attempts, window.failed(account, 1, NOW + timedelta(days=1), "no")) == (7, NOW)
    assert window.failing() == (Failing(2, NOW, 8), "no")
    other = Window(0, before)
    other.take([entry(1, 1), entry(3, 1)], 3)
    assert other.failing() is None
