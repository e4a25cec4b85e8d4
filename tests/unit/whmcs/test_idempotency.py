from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.http.form import FormError
from service.http.idempotency import command_id
from service.whmcs.idempotency import idempotency, request_hash
from tests.support.whmcs import CLIENT, World, world_with_client

GOOD = {"clientid": "1", "amount": "10"}


KEY = b"k" * 32


def _named(form: dict[str, Any], header: str | None = None, action: str = "addcredit") -> Any:
    headers = {} if header is None else {"Idempotency-Key": header}
    return idempotency(headers, form, "cred", action, KEY)


def test_a_key_comes_in_a_header_or_a_field() -> None:
    """Both mean the same; two that differ are refused, and without either the command has no name."""
    by_header = _named(GOOD, "k-1")
    assert by_header == _named({**GOOD, "idempotencykey": "k-1"})
    assert by_header == _named({**GOOD, "idempotencykey": "k-1"}, "k-1")
    with pytest.raises(FormError, match="differ"):
        _named({**GOOD, "idempotencykey": "other"}, "k-1")
    with pytest.raises(FormError, match="printable"):
        _named({**GOOD, "idempotencykey": {"0": "x"}})
    assert _named(GOOD) is None
    assert _named({**GOOD, "idempotencykey": ""}) is None


@pytest.mark.parametrize("key", ["x", "x" * 255, "a b", "order:17/é".encode().hex(), '"quoted"'])
def test_printable_keys_are_taken(key: str) -> None:
    """1 to 255 printable characters."""
    assert _named(GOOD, key) is not None


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", "a\nb", "é", "\x7f"])
def test_other_keys_are_refused(key: str) -> None:
    """Empty, too long, or not printable."""
    with pytest.raises(FormError, match="1 to 255 printable characters"):
        _named(GOOD, key)


def test_a_command_id_is_a_uuid_of_version_8() -> None:
    """RFC 9562: version and variant bits are set, the rest is the hash; the value is for ever."""
    made = command_id("cred", "k-1")
    assert (made.version, made.variant) == (8, "specified in RFC 4122")
    assert made == UUID("267c561c-e0b6-89de-945a-93d28d4d546c")


@given(st.text(max_size=9), st.text(max_size=9), st.text(max_size=9), st.text(max_size=9))
def test_no_two_callers_share_a_command(one: str, key: str, other: str, other_key: str) -> None:
    """Different pairs of credential and key give different ids, however their texts join up."""
    same = (one, key) == (other, other_key)
    assert (command_id(one, key) == command_id(other, other_key)) is same


def test_what_belongs_to_a_request() -> None:
    """Order, credentials, response type, the key itself and secrets do not; all else does."""
    base = request_hash({"a": "1", "b": "2"}, "addcredit", KEY)
    ignored = (
        "action identifier secret username password accesskey responsetype idempotencykey password2 "
        "securityqans cardnum cvv"
    )
    assert request_hash({"b": "2", "a": "1", **dict.fromkeys(ignored.split(), "x")}, "addcredit", KEY) == base
    assert request_hash({"a": "1", "b": "3"}, "addcredit", KEY) != base
    assert request_hash({"a": "1", "b": "2", "c": ""}, "addcredit", KEY) != base
    assert request_hash({"a": "1", "b": {"0": "2"}}, "addcredit", KEY) != base
    assert request_hash({"a": "1", "b": "2"}, "applycredit", KEY) != base
    assert request_hash({"a": "1", "b": "2"}, "addcredit", b"another ledger") != base


@pytest.mark.parametrize(
    ("action", "parameters"),
    [
        ("AddCredit", GOOD),
        ("AddCredit", {**GOOD, "type": "remove"}),
        ("CreateInvoice", {"userid": "1", "itemamount1": "5", "autoapplycredit": "1"}),
        ("ApplyCredit", {"invoiceid": "1"}),
        ("AddInvoicePayment", {"invoiceid": "1", "amount": "7"}),
        ("AddClient", {**CLIENT, "email": "b@example.com"}),
    ],
)
async def test_a_replay_has_the_first_answer(action: str, parameters: dict[str, str]) -> None:
    """Every command sent twice under one key answers twice the same and is recorded once."""
    world = await _prepared()
    named = _named(parameters, "k-1", action.lower())
    first = await world.reply(action, named, **parameters)
    events = {client: len(events) for client, events in world.ledger.streams.items()}
    second = await world.reply(action, named, **parameters)
    assert (first.body["result"], first.replayed) == ("success", False)
    assert (second.body, second.position, second.replayed) == (first.body, first.position, True)
    assert {client: len(events) for client, events in world.ledger.streams.items()} == events


async def test_a_key_is_for_one_request() -> None:
    """The same key with another request is a 409, the only refusal that is not a 200."""
    world = await _prepared()
    await world.reply("AddCredit", _named(GOOD, "k-1"), **GOOD)
    other = {**GOOD, "amount": "11"}
    reply = await world.reply("AddCredit", _named(other, "k-1"), **other)
    assert (reply.status, reply.refusal) == (409, "key_reused")
    assert reply.body["message"] == "The idempotency key was used before with another request"


async def _prepared() -> World:
    """Client 1 with credit 20.00 and the unpaid invoice 1 over 5.00."""
    world = await world_with_client()
    await world.ask("AddCredit", clientid="1", amount="20")
    await world.ask("CreateInvoice", userid="1", itemdescription1="x", itemamount1="5")
    return world
