"""The register of services over HTTP and by the operator's commands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.acceptance.conftest import new_database
from tests.acceptance.process import creditledger
from tests.support.register import Register, day, service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.acceptance.client import Api
    from tests.acceptance.conftest import Log


@pytest.fixture(scope="session")
def register(api: Api) -> Register:
    """Asks with a credential that may do everything."""
    return Register(api.port, api.identifier, api.secret)


def test_a_service_is_registered_once(api: Api, log: Log, register: Register) -> None:
    """The answer tells it all; the same again changes nothing, another one on the server is refused."""
    asked = service(api.client(), order_id=31, setup_fee="50", hardware=["2 vCPU", "4 GB"], location="PL")
    made = register.ask("POST", body=asked)
    assert made.status == 201
    relid = made.body["relid"]
    assert made.body == {
        **asked,
        "relid": relid,
        "status": "Active",
        "setup_fee": "50.00",
        "currency": "USD",
        "registration_date": made.body["registration_date"],
        "renewal_invoice": None,
        "has_licence": False,
        "traffic_exceeded": False,
    }
    stranger_id = int(api.client())
    with log.unchanged():
        again = register.ask("POST", body=asked)
        assert (again.status, again.body) == (200, made.body)
        other = register.ask("POST", body={**asked, "price": "1"})
        assert (other.status, other.body) == (409, {"error": "The server belongs to another service"})
        stranger = register.ask("POST", body={**asked, "client_id": stranger_id})
    assert stranger.status == 409
    server = asked["server_id"]
    assert register.ask("GET", f"/{server}").body == made.body
    listed = register.ask("GET", f"?client={asked['client_id']}").body
    assert listed == {"services": [made.body], "total": 1, "start": 0}


def test_a_number_is_brought_along(api: Api, register: Register) -> None:
    """A relid that is given is kept, and nobody else gets it: the numbers go around it."""
    client_id = api.client()
    given = register.new(client_id)["relid"] + 2
    assert register.new(client_id, relid=given)["relid"] == given
    others = [register.new(client_id)["relid"] for _ in range(4)]
    assert given not in others
    assert len({*others}) == 4
    taken = register.ask("POST", body=service(api.client(), relid=given))
    assert (taken.status, taken.body) == (409, {"error": "Another service has this relid"})


def test_a_server_is_given_to_the_next(api: Api, register: Register) -> None:
    """Once its service has ended; the old one cannot begin anew then."""
    old = register.new(api.client())
    path = f"/{old['server_id']}"
    ended = register.ask("PATCH", path, {"status": "terminated", "label": ""})
    assert (ended.status, ended.body["status"], ended.body["label"]) == (200, "Terminated", "")
    new = register.new(api.client(), server_id=old["server_id"])
    assert register.ask("GET", path).body["relid"] == new["relid"] != old["relid"]
    assert register.ask("PATCH", path, {"price": "900"}).body["price"] == "900.00"


def test_pages(api: Api, register: Register) -> None:
    """A list is cut as asked for, and says how long it is."""
    client_id = api.client()
    numbers = [register.new(client_id)["relid"] for _ in range(3)]
    page = register.ask("GET", f"?client={client_id}&start=1&limit=1").body
    assert ([row["relid"] for row in page["services"]], page["total"]) == (numbers[1:2], 3)
    everything = register.ask("GET", "?limit=1000").body
    assert {*numbers} <= {row["relid"] for row in everything["services"]}


WRONG: dict[str, tuple[Any, str]] = {
    "no JSON": (b"{", "Invalid JSON"),
    "unknown field": ({"colour": "red"}, "colour: Extra inputs are not permitted"),
    "no product": ({"product": ""}, "product: must not be empty"),
    "line break": ({"label": "a\nb"}, "label: must be one printable line"),
    "float": ({"price": 8.3}, 'price: must be an amount as a text, such as "830.00"'),
    "negative": ({"price": "-1"}, "price: must be an amount"),
    "cycle": ({"cycle": "Weekly"}, "cycle: must be one of Monthly, Quarterly"),
    "date": ({"next_due_date": "20260131"}, "next_due_date: must be a date like 2026-01-31"),
    "no date": ({"next_due_date": None}, "next_due_date is needed for a service that is paid Monthly"),
    "kind": ({"kind": "Instant Server"}, "kind: String should match pattern"),
    "status": ({"status": "Gone"}, "status: must be one of Pending, Active"),
    "server": ({"server_id": 0}, "server_id: Input should be greater than or equal to 1"),
    "hardware": ({"hardware": ["x"] * 51}, "hardware: List should have at most 50 items"),
}


@pytest.mark.parametrize(("change", "says"), WRONG.values(), ids=WRONG)
def test_mistakes_are_told(api: Api, log: Log, register: Register, change: Any, says: str) -> None:
    """With the field's name; nothing is recorded."""
    asked = change if isinstance(change, bytes) else {**service(api.client()), **change}
    with log.unchanged():
        told = register.ask("POST", body=asked)
    assert told.status == 400
    assert told.body["error"].startswith(says)


def test_what_is_to_recur_must_be_due(api: Api, register: Register) -> None:
    """A service that was never due can become a monthly one only with a day."""
    made = register.new(api.client(), cycle="One Time", next_due_date=None)
    path = f"/{made['server_id']}"
    told = register.ask("PATCH", path, {"cycle": "Monthly"})
    text = "next_due_date is needed for a service that is paid periodically"
    assert (told.status, told.body) == (409, {"error": text})
    told = register.ask("PATCH", path, {"cycle": "Monthly", "next_due_date": "2026-01-31"})
    assert (told.status, told.body["next_due_date"]) == (200, "2026-01-31")


def test_what_is_not_there(api: Api, register: Register) -> None:
    """Clients, services, places and methods; and a body that is too large."""
    nobody = register.ask("POST", body=service(10**9))
    assert (nobody.status, nobody.body) == (404, {"error": "There is no such client"})
    for method, body in (("GET", None), ("PATCH", {"price": "1"})):
        told = register.ask(method, "/2147483647", body)
        assert (told.status, told.body) == (404, {"error": "There is no service on this server"})
    assert register.ask("GET", "/x").status == 404
    assert register.ask("DELETE", "/1").status == register.ask("PUT").status == 405
    assert register.ask("GET", "?client=x").body == {"error": "client: the number of a client"}
    assert register.ask("GET", "?limit=0").body == {"error": "limit: a number from 1 to 1000"}
    assert register.ask("POST", body=b" " * 2_000_000).status == 413
    assert register.ask("GET", f"?client={api.client()}").body["services"] == []


def test_who_may_ask(dsn: str, api: Api) -> None:
    """Nobody without a credential; a restricted one needs the right `Services`, and no more than that."""
    unknown = Register(api.port).ask("GET")
    assert (unknown.status, unknown.headers["WWW-Authenticate"][:5]) == (401, "Basic")
    assert Register(api.port, api.identifier, "wrong").ask("GET").status == 403
    run(dsn, "roles", "create", "Register", "Services")
    run(dsn, "roles", "create", "Reading", "GetInvoice")
    answers = {}
    for role in ("Register", "Reading"):
        made = json.loads(run(dsn, "credentials", "create", "--role", role, "--json"))
        answers[role] = Register(api.port, made["identifier"], made["secret"]).ask("GET")
    assert (answers["Register"].status, answers["Reading"].status) == (200, 403)
    assert "error" in answers["Reading"].body


def run(dsn: str, *arguments: str) -> str:
    """What a command prints; it has to succeed, in silence otherwise."""
    done = creditledger(*arguments, CREDITLEDGER_DSN=dsn)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


@pytest.fixture(scope="module")
def ledger(server_dsn: str) -> Iterator[str]:
    """A ledger without a server, with one client."""
    with new_database(server_dsn) as dsn:
        run(dsn, "init")
        run(dsn, "call", "AddClient", "firstname=A", "lastname=B", "email=a@example.com", "skipvalidation=1")
        yield dsn


NEW = ("--client", "1", "--kind", "instant", "--product", "VPS", "--cycle", "monthly", "--price", "830")


def test_operators_use_the_register(ledger: str) -> None:
    """The same without a server: registered, registered again, changed, shown, listed; and it verifies."""
    due = ("--next-due", day(10))
    made = ("services", "register", "9001", *NEW, *due, "--hardware", "2 vCPU", "--hardware", "4 GB")
    assert run(ledger, *made) == "Service 1 on server 9001 is registered.\n"
    assert run(ledger, *made) == "Service 1 on server 9001 was registered before.\n"
    changed = json.loads(run(ledger, "services", "change", "9001", "--price", "900", "--licence", "--json"))
    assert (changed["price"], changed["has_licence"], changed["hardware"]) == (
        "900.00",
        True,
        ["2 vCPU", "4 GB"],
    )
    shown = run(ledger, "services", "show", "9001")
    assert "price              900.00" in shown
    assert "has_licence        yes" in shown
    listed = run(ledger, "services", "list", "--client", "1")
    assert listed == f"1  server 9001  client 1  Active  900.00 USD Monthly  due {day(10)}  VPS\n"
    assert len(json.loads(run(ledger, "services", "list", "--json"))) == 1
    told = " ".join(run(ledger, "explain", "client", "1").split())  # lines break where a terminal ends
    assert 'Service 1 "VPS" on server 9001 was registered: 830.00 USD, Monthly' in told
    assert "price 900.00 USD instead of 830.00 USD" in told
    assert "every read model hold" in run(ledger, "verify")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("register", "9009", *NEW), "next_due_date is needed for a service that is paid Monthly"),
        (("change", "9009", "--price", "1"), "service not found: 9009"),
    ],
)
def test_operators_mistakes_get_a_sentence(ledger: str, arguments: tuple[str, ...], says: str) -> None:
    """In one line, with an exit code that is not 0."""
    done = creditledger("services", *arguments, CREDITLEDGER_DSN=ledger)
    assert done.returncode in {1, 2}
    assert says in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
