"""Keys and tokens: what lets a client in, from where, and for how long."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.process import creditledger
from tests.support.invapi import Invapi

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.handling.client_keys import NewClientKey
    from tests.acceptance.client import Api
    from tests.acceptance.process import Server

WRONG_KEY = "0123456789abcdef" + "ab" * 24


def test_a_login_is_nested_and_tells_what_is_known(
    api: Api, ada: Invapi, fetch: Callable[..., object]
) -> None:
    """Token, client, location and end stand in `result`; nothing points clients to another host."""
    result = ada.login(ada.key, ttl=600)
    assert len(bytes.fromhex(result["token"])) == 32
    assert result["whmcs_id"] == str(ada.client_id)
    assert result["whmcs_location"] == "whmcs_ru"
    assert result["role"] == "Customer"
    assert result["servers"] == []
    assert "invapi" not in result
    assert result["email"] == api.ok("GetClientsDetails", clientid=ada.client_id)["email"]
    now = fetch("select extract(epoch from now())::bigint")
    assert isinstance(now, int)
    assert now < result["token_expire"] <= now + 600
    assert ada.auth("info", token=ada.token).body == {"result": result}


def test_a_time_to_live_has_a_limit(ada: Invapi, fetch: Callable[..., object]) -> None:
    """However much is asked for, a token ends after a day; nonsense is the default, an hour."""
    now = fetch("select extract(epoch from now())::bigint")
    assert isinstance(now, int)
    assert ada.login(ada.key, ttl=10**12)["token_expire"] <= now + 86_500
    assert now + 3500 <= ada.login(ada.key, ttl="-5")["token_expire"] <= now + 3700


def test_a_login_may_be_a_get(ada: Invapi) -> None:
    """As a known client does it: everything in the query."""
    answer = ada.send("auth", "", query=f"action=login&key={ada.key}", method="GET")
    token = answer.body["result"]["token"]
    assert ada.send("whmcs", "", query=f"action=get_client&token={token}", method="GET").ok


@pytest.mark.parametrize("key", ["", "x", "A" * 64, "0" * 63, "0" * 65, "' or 1=1"])
def test_what_is_no_key_is_told_so(anybody: Invapi, key: str) -> None:
    """The text recorded from a live Invapi."""
    answer = anybody.auth("login", key=key)
    assert (answer.failure, answer.body["code"]) == ("Incorrect API key format", -1)


def test_a_wrong_key_lets_nobody_in(anybody: Invapi, ada: Invapi) -> None:
    """An unknown key, and a known one with another secret."""
    assert anybody.auth("login", key=WRONG_KEY).failure == "Invalid API key"
    changed = ada.key[:-1] + ("0" if ada.key[-1] != "0" else "1")
    assert anybody.auth("login", key=changed).failure == "Invalid API key"


def test_texts_for_what_is_no_request(anybody: Invapi) -> None:
    """Without an action the recorded text and code; an unknown action in the recorded form."""
    answer = anybody.send("auth", "")
    assert (answer.failure, answer.body["result"]) == ("auth: malformed request #1", -2)
    assert anybody.send("whmcs", "token=x").failure == "whmcs: malformed request #1"
    assert anybody.auth("set_tag").failure == "auth/set_tag: invalid request"
    assert anybody.call("<b>").failure == "whmcs: invalid request"


def test_a_token_ends_with_its_time(ada: Invapi, fetch: Callable[..., object]) -> None:
    """Past its end a token is none, as often as it is sent, and a day later a login clears it away."""
    ada.login(ada.key)
    digest = sha256(ada.token.encode()).digest()
    assert ada.call("get_client").ok
    over = "update es.token set expires_at = now() - $2::text::interval where digest = $1"
    fetch(over, digest, "1 second")
    answer = ada.call("get_client")
    assert (answer.failure, answer.body["result"]) == ("Invalid token", -2)
    assert ada.auth("info", token=ada.token).failure == "Invalid token"
    assert ada.auth("logout", token=ada.token).failure == "Invalid token"
    fetch(over, digest, "25 hours")
    ada.login(ada.key)
    assert fetch("select count(*) from es.token where digest = $1", digest) == 0


def test_a_token_may_be_bound_to_an_address(ada: Invapi, server: Server) -> None:
    """With fix_ip nobody else can use it, not even to end it; without, anybody who has it."""
    ada.login(ada.key, fix_ip=1)
    elsewhere = Invapi(server.port, token=ada.token, address="203.0.113.250")
    assert elsewhere.call("get_client").failure == "Invalid token"
    assert elsewhere.auth("logout", token=ada.token).failure == "Invalid token"
    assert ada.call("get_client").ok
    ada.login(ada.key, fix_ip="false")
    elsewhere.token = ada.token
    assert elsewhere.call("get_client").ok


def test_a_logout_ends_the_token(ada: Invapi) -> None:
    """It cannot be used again, nor ended twice; other tokens of the key go on."""
    ada.login(ada.key)
    first = ada.token
    ada.login(ada.key)
    assert ada.auth("logout", token=first).body == {"result": "OK"}
    assert ada.auth("logout", token=first).failure == "Invalid token"
    assert ada.call("get_client").ok
    ada_before = Invapi(ada.port, token=first, address=ada.address)
    assert ada_before.call("get_client").failure == "Invalid token"


def test_guesses_are_held(anybody: Invapi, ada: Invapi) -> None:
    """After too many different wrong keys and tokens an address cannot log in, right or wrong; others can.

    Tokens that are right go on working there.
    """
    for number in range(20):
        if number % 2:
            anybody.auth("login", key=f"{number:064x}")
        else:
            anybody.token = f"{number:064x}"
            anybody.call("get_client")
    assert anybody.auth("login", key=ada.key).failure == "Too many failed logins, please try again later"
    assert ada.login(ada.key)
    anybody.token = ada.token
    assert anybody.call("get_client").ok


def test_being_late_is_no_guess(
    anybody: Invapi, new_key: Callable[[int], NewClientKey], fetch: Callable[..., object], api: Api
) -> None:
    """However many tokens of a portal's clients are over at once, its address can log in."""
    key = new_key(int(api.client())).key
    tokens = [anybody.login(key)["token"] for _ in range(25)]
    fetch("update es.token set expires_at = now() - interval '1 second' where owner = $1", key[:16])
    for token in tokens:
        assert anybody.auth("info", token=token).failure == "Invalid token"
    assert anybody.login(key)


def test_nothing_secret_is_kept_or_logged(ada: Invapi, server: Server, fetch: Callable[..., object]) -> None:
    """Neither key nor token stands in a table or in the service's log, only their hashes."""
    ada.login(ada.key)
    ada.call("get_client")
    for table in ("es.event", "es.secret", "es.token", "es.refusal"):
        for secret in (ada.key, ada.key[16:], ada.token):
            text = f"select count(*) from {table} x where position($1 in x::text) > 0"
            assert fetch(text, secret) == 0
            assert secret not in server.log()
    assert fetch("select count(*) from es.token where digest = $1", sha256(ada.token.encode()).digest()) == 1


def test_a_client_has_so_many_tokens(ada: Invapi, fetch: Callable[..., object]) -> None:
    """Past the limit those go first that end first, also when many log in at once."""
    ada.login(ada.key, ttl=60)
    digest = sha256(ada.token.encode()).digest()
    owner = ada.key[:16]
    fetch(
        "insert into es.token select 0, sha256(n::text::bytea), $1, '', now() + interval '1 hour'"
        " from generate_series(1, 1000) n",
        owner,
    )
    ada.login(ada.key, ttl=7200)
    assert fetch("select count(*) from es.token where owner = $1", owner) == 1000
    assert fetch("select count(*) from es.token where digest = $1", digest) == 0
    assert ada.call("get_client").ok
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ada.auth("login", key=ada.key, ttl=7200), range(32)))
    assert all(answer.body["result"]["token"] for answer in answers)
    ada.login(ada.key, ttl=7200)
    assert fetch("select count(*) from es.token where owner = $1", owner) == 1000
    fetch("delete from es.token where owner = $1", owner)
    ada.login(ada.key)


def test_an_operator_makes_lists_and_revokes_keys(
    api: Api, server: Server, dsn: str, fetch: Callable[..., object]
) -> None:
    """A key is shown once, opens one account, and with it all its tokens end."""
    client_id = api.client()
    run = {"CREDITLEDGER_DSN": dsn}
    made = creditledger("invapi-keys", "create", "--client", client_id, "--name", "panel", "--json", **run)
    key = json.loads(made.stdout)
    assert (key["client"], key["name"]) == (int(client_id), "panel")
    listed = creditledger("invapi-keys", "list", "--client", client_id, **run).stdout
    assert key["id"] in listed
    assert key["key"] not in listed
    invapi = Invapi(server.port)
    invapi.login(key["key"])
    assert invapi.call("get_client").ok["client"]["id"] == int(client_id)
    assert creditledger("invapi-keys", "revoke", key["id"], "--by", "Grace", **run).returncode == 0
    assert invapi.call("get_client").failure == "Invalid token"
    assert invapi.auth("login", key=key["key"]).failure == "Invalid API key"
    assert fetch("select count(*) from es.token where owner = $1", key["id"]) == 0
    nobody = creditledger("invapi-keys", "create", "--client", "999999", **run)
    assert nobody.returncode == 1
    assert "client not found" in nobody.stderr


def test_a_key_of_a_deleted_client_lets_nobody_in(
    api: Api, new_key: Callable[[int], NewClientKey], anybody: Invapi
) -> None:
    """The account is gone, so there is nothing to open."""
    client_id = api.client()
    key = new_key(int(client_id)).key
    api.ok("DeleteClient", clientid=client_id)
    assert anybody.auth("login", key=key).failure == "Invalid API key"
