"""What somebody with all rights may do to a ledger of `mixed_history`, and what the check must say about it.

Damages that are found by different parts, or at different places, are done together: a ledger of its own for
each of them is what takes the time.
"""

from __future__ import annotations

from typing import NamedTuple

from service.domain.account import FOLD_VERSION


class Damage(NamedTuple):
    """A statement, the part of the check that must find it, and what it must say."""

    statement: str
    part: str
    place: str


_SECOND = "(select last_position from es.block order by last_position offset 4 limit 1)"
_THIRD = "(select last_position from es.block order by last_position offset 5 limit 1)"
_SWAP = f"""
with pair as (select * from es.block where last_position in ({_SECOND}, {_THIRD}))
update es.block b set block_hash = o.block_hash, previous_hash = o.previous_hash
  from pair o where b.last_position in (select last_position from pair) and o.last_position <> b.last_position
"""
_NOT_ITS_HASH = "the event does not hash to its content hash"
_SAME_POSITION = """
insert into es.receipt
select lane, gen_random_uuid(), null, stream_id, 1, 1, 5, 5, recorded_at
  from es.receipt where first_position = 5
"""
_UNBALANCED = """
alter table projection_journal.entry drop constraint balanced;
update projection_journal.entry set credit = credit + 1 where position = 5
"""
_EVENT, _RECEIPT, _KEY, _LANE = (f"update es.{table} set" for table in ("event", "receipt", "key", "lane"))
_NO_KEY = "update es.subject_key set key = null, destroyed_at = now() where subject ="
_KEY_AGAIN = "update es.subject_key set key = sha256('old'), destroyed_at = null where subject ="
_SNAPSHOT = f"insert into es.snapshot values (0, 'account-1', {FOLD_VERSION}"
_PARTITION = "es.event_00000000000000"
_BALANCE = "update projection_balances.balance set balance = 1 where client_id = 1"
_OWN_TRIGGER = """
create trigger mine before update on projection_balances.balance for each row
  execute function suppress_redundant_updates_trigger()
"""
_OWN_FUNCTION = """
create or replace function es.take_numbers_v1(p_lane smallint, p_names text[], p_counts bigint[])
returns table (name text, first_number bigint) language sql as 'select p_names[1], 1::bigint'
"""

DAMAGES: dict[str, tuple[Damage, ...]] = {
    "a byte of an event, and whole tables": (
        Damage(
            f"{_EVENT} data = replace(data::text, 'Bank', 'Bonk')::json where position = 5",
            "chain",
            f"es.event position 5: {_NOT_ITS_HASH}",
        ),
        Damage("drop table es.key", "names", "it cannot be checked"),
        Damage("drop schema projection_contacts cascade", "contacts", "tables are missing"),
    ),
    "a byte of metadata, and of read models": (
        Damage(
            f"{_EVENT} metadata = replace(metadata::text, 'local', 'locaI')::json where position = 6",
            "chain",
            f"es.event position 6: {_NOT_ITS_HASH}",
        ),
        Damage(_BALANCE, "balances", "balances.balance client_id=1: balance is 1, from the log"),
        Damage(_BALANCE, "credit sums", "client_id=1: balance 1, sum of the credit rows"),
        Damage(_UNBALANCED, "double entry", "position=5"),
    ),
    "an event is gone": (
        Damage(
            "delete from es.event where position = 7", "chain", "es.event position 7: the event is missing"
        ),
    ),
    "an event in another lane": (
        Damage(f"{_EVENT} lane = 1 where position = 5", "chain", "es.event position 5: the event is missing"),
    ),
    "an event without contents": (
        Damage(f"{_EVENT} data = '{{}}' where position = 5", "credits", "position 5: "),
        Damage(f"{_KEY} position = 3 where name = 'invoice:2'", "names", "name=invoice:2"),
    ),
    "an event of no account": (
        Damage(
            f"{_EVENT} stream_id = 'account-x' where position = 5", "balances", "cannot be folded: ValueError"
        ),
    ),
    "events that claim names": (
        Damage(f"{_EVENT} data = '{{}}' where type = 'account.opened'", "names", "cannot be read"),
    ),
    "no blocks": (
        Damage("drop table es.block", "chain", "it cannot be checked"),
        Damage(
            "delete from es.receipt where first_position = 5", "receipts", "es.receipt position 5: the ev"
        ),
    ),
    "two blocks swapped": (
        Damage(_SWAP, "chain", "es.block position "),
        Damage(_SAME_POSITION, "receipts", "those of another receipt"),
        Damage(f"{_KEY} position = 5 where name = 'transid:T-1'", "names", "name=transid:T-1"),
    ),
    "the head set back": (Damage(f"{_LANE} head_position = head_position - 1", "chain", "position "),),
    "a content hash": (
        Damage(
            f"{_EVENT} content_hash = sha256('x') where position = 4",
            "chain",
            "position 4: its content hash",
        ),
        Damage(
            f"{_RECEIPT} first_position = 5, last_position = 5 where first_position = 6",
            "receipts",
            "positions 5 to 5",
        ),
        Damage(f"{_KEY} stream_id = 'account-2' where name = 'invoice:2'", "names", "belongs to account-1"),
    ),
    "streams, receipts and names": (
        Damage(
            "update es.stream set version = 99 where stream_id = 'account-1'",
            "streams",
            "account-1: version is 99",
        ),
        Damage("delete from es.stream where stream_id = 'account-2'", "streams", "account-2: is missing"),
        Damage(
            "insert into es.stream values (0, 'account-99', 1, 1, 1)",
            "streams",
            "account-99: is not in the log",
        ),
        Damage(
            f"{_RECEIPT} stream_id = 'account-2' where first_position = 5",
            "receipts",
            "position 5 says: stream_id",
        ),
        Damage(
            f"{_RECEIPT} command_id = gen_random_uuid() where first_position = 6",
            "receipts",
            "6 says: command_id",
        ),
        Damage("delete from es.key where name = 'invoice:2'", "names", "es.key name=invoice:2: is missing"),
        Damage(
            "delete from es.key where name like 'email:%' and stream_id = 'account-1'",
            "names",
            "; the event at position 2 claims it",
        ),
        Damage(
            "insert into es.key values (0, 'invoice:77', 'account-1', 5)",
            "names",
            "name=invoice:77: no event",
        ),
        Damage(
            "insert into es.key values (0, 'transid:NONE', 'account-1', 5)",
            "names",
            "name=transid:NONE: no event",
        ),
        Damage(
            "insert into es.released_key values (0, 'invoice:1', 'account-1', 6, 8)",
            "names",
            "es.released_key name=invoice:1: no event of account-1 gave it back right after position 8",
        ),
    ),
    "what stands beside the log": (
        Damage(
            "update es.counter set next = 2 where name = 'invoice'",
            "numbers",
            "name=invoice: gives out 2 next",
        ),
        Damage(
            "update es.counter set next = 1 where name = 'item'", "numbers", "name=item: gives out 1 next"
        ),
        Damage(
            "delete from es.counter where name = 'credit'", "numbers", "es.counter name=credit: is missing"
        ),
        Damage(
            "delete from es.subject_key where subject = 'account-1'",
            "personal keys",
            "es.subject_key subject=account-1: is missing; there is personal data",
        ),
        Damage(
            f"{_NO_KEY} 'account-2'",
            "personal keys",
            "es.subject_key subject=account-2: was destroyed, and no event says so",
        ),
        Damage(f"{_KEY_AGAIN} 'account-3'", "personal keys", "subject=account-3: was erased at position "),
        Damage(f"{_SNAPSHOT}, 2, '{{}}')", "snapshots", "stream_id=account-1: is not what versions 1 to 2"),
    ),
    "guards": (
        Damage(
            "update es.subscription set position = 999 where name like 'credits.%'",
            "credits",
            "stand at 999",
        ),
        Damage(f"{_SNAPSHOT}, 99, '{{}}')", "snapshots", "is of version 99, and the stream has "),
        Damage(
            "drop trigger append_only on es.block", "guards", "es.block: the trigger append_only is missing"
        ),
        Damage(
            "alter table es.event disable trigger append_only",
            "guards",
            "es.event: the trigger append_only is switched off",
        ),
        Damage(
            f"alter table {_PARTITION} disable trigger all",
            "guards",
            f"{_PARTITION}: the trigger append_only is switched off",
        ),
        Damage(
            "alter table es.key enable replica trigger keep_released",
            "guards",
            "es.key: the trigger keep_released is switched off",
        ),
        Damage(
            "grant update on es.event to creditledger_service",
            "guards",
            "es.event: creditledger_service has the right to update",
        ),
        Damage(
            "grant insert (command_id) on es.receipt to public",
            "guards",
            "es.receipt: everybody has the right to insert",
        ),
        Damage(
            f"grant delete on {_PARTITION} to public",
            "guards",
            f"{_PARTITION}: everybody has the right to delete",
        ),
        Damage("alter table es.stream enable row level security", "guards", "es.stream: row level security"),
        Damage("create rule quiet as on insert to es.receipt do instead nothing", "guards", "the rule quiet"),
        Damage(_OWN_TRIGGER, "guards", "projection_balances.balance: has the trigger mine"),
        Damage(_OWN_FUNCTION, "guards", "es.take_numbers_v1: is not the ledger's function"),
        Damage("drop function es.put_secret_v1", "guards", "es.put_secret_v1: is missing"),
    ),
}
