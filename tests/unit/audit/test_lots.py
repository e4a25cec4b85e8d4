"""First in, first out, against a model that nobody can get wrong: every hundredth is a coin in a row."""

from __future__ import annotations

from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from service.audit.lots import NOT_COVERED, Movement, Part, first_in_first_out

amounts = st.integers(-40, 40)


def with_coins(movements: list[Movement]) -> tuple[list[list[Part]], list[Part]]:
    """The same, coin by coin: what comes in is put at the end of the row, what goes out is taken in front."""
    row: list[int] = []
    taken = []
    for movement in movements:
        row += [movement.credit_id] * max(movement.amount, 0)
        out = max(-movement.amount, 0)
        coins, row = row[:out], row[out:]
        coins += [NOT_COVERED] * (out - len(coins))
        taken.append(_counted(coins))
    return taken, _counted(row)


def _counted(coins: list[int]) -> list[Part]:
    return [Part(number, len(list(alike))) for number, alike in groupby(coins)]


@given(st.lists(amounts, max_size=60))
def test_lots_are_used_up_like_coins_in_a_row(changes: list[int]) -> None:
    """Whatever comes in and goes out, the same hundredths are used for the same things as in the model."""
    movements = [Movement(number, amount) for number, amount in enumerate(changes, 1)]
    used = first_in_first_out(movements)
    taken, left = with_coins(movements)
    assert [list(parts) for parts in used.parts] == taken
    assert list(used.left) == left


@given(st.lists(amounts, max_size=60))
def test_what_is_left_is_the_balance(changes: list[int]) -> None:
    """Of a history that never overdraws: no lot is negative, and the remaining lots add up to the balance."""
    movements, balance = [], 0
    for number, amount in enumerate(changes, 1):
        movements.append(Movement(number, max(amount, -balance)))
        balance += movements[-1].amount
    used = first_in_first_out(movements)
    assert all(part.amount > 0 for part in used.left)
    assert sum(part.amount for part in used.left) == balance
    for movement, parts in zip(movements, used.parts, strict=True):
        assert sum(part.amount for part in parts) == max(-movement.amount, 0)
        assert NOT_COVERED not in {part.credit_id for part in parts}
