"""Who is let in, over HTTP: a server behind a trusted proxy, with admins, roles, addresses and an access key.

The tests play the proxy, so that a caller's address is what they say it is. Every text of the API about
access is reached here. What the server logs of it all is looked through at the end of each test.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import md5
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import pytest
import whmcspy
from whmcspy.exceptions import MissingPermission

from tests.acceptance.client import PATH, Api
from tests.acceptance.conftest import new_database
from tests.acceptance.process import Server, creditledger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.acceptance.client import Answer

Parameters = dict[str, str]

OFFICE, HOME, ELSEWHERE = "192.0.2.7", "2001:db8:0:7::9", "203.0.113.7"
PASSWORD = "Grüße & <hush>"
PROOF = md5(PASSWORD.encode(), usedforsecurity=False).hexdigest()
ACCESS_KEY = "hush!@#$%.()*[]-_9"

INVALID_IP = f"Invalid IP {ELSEWHERE}"
MISSING = "Invalid or missing credentials"
WRONG = "Authentication Failed"
DISABLED = "Administrator Account Disabled"
NO_ACTION = "Empty action request"


@dataclass(frozen=True)
class Gate:
    """A server behind a proxy, and what its operator made: credentials by name."""

    server: Server
    api: Api
    credentials: dict[str, Api]

    def ask(self, who: str, action: str, address: str = OFFICE, /, **parameters: str) -> Answer:
        """The answer to one of the credentials that calls from there."""
        return self.credentials[who].send(action, parameters, {"X-Forwarded-For": address})

    def post(self, address: str, /, **parameters: str) -> Answer:
        """The answer to exactly these parameters, in JSON."""
        return self.api.post({"responsetype": "json", **parameters}, {"X-Forwarded-For": address})


@contextmanager
def secrets_kept(server: Server, *secrets: str) -> Iterator[None]:
    """None of these gets into the log inside the block, in any of the forms in which it may be sent."""
    before = len(server.log())
    yield
    written = server.log()[before:]
    for secret in secrets:
        for form in (secret, quote(secret), quote(secret, safe=""), urlencode({"x": secret})[2:]):
            assert form not in written
        assert json.dumps(secret)[1:-1] not in written


@pytest.fixture(scope="module")
def gate(server_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    """What the operator made before the server was started counts from its first request on."""
    with new_database(server_dsn) as dsn:

        def operate(*arguments: str, typed: str = "") -> str:
            done = creditledger(*arguments, typed=typed, CREDITLEDGER_DSN=dsn)
            assert done.returncode == 0, done
            return done.stdout

        def credential(*options: str) -> Api:
            made = json.loads(operate("credentials", "create", "--json", *options))
            return Api(0, made["identifier"], made["secret"])

        operate("init")
        operate("admins", "create", "Root", "--password", typed=f"{PASSWORD}\n")
        operate("admins", "create", "Gone", "--password", typed=f"{PASSWORD}\n")
        operate("roles", "create", "reads", "GetCredits", "GetClientsDetails")
        operate("roles", "create", "gifts", "AddCredit")
        made = {
            "full": credential(),
            "reads": credential("--role", "reads"),
            "both": credential("--role", "reads", "--role", "gifts"),
            "gone": credential("--admin", "Gone"),
            "revoked": credential(),
        }
        operate("admins", "disable", "gone")
        operate("credentials", "revoke", made["revoked"].identifier)
        operate("allow", "add", "192.0.2.0/24")
        operate("allow", "add", "2001:DB8:0:7::/64", "--note", "home")
        operate("allow", "key", "set", typed=f"{ACCESS_KEY}\n")
        log = tmp_path_factory.mktemp("gate") / "log"
        flags = ("--port", "0", "--trusted-proxies", "127.0.0.1, 10.0.0.0/8")
        with Server(log, *flags, is_new=False, settings={"CREDITLEDGER_DSN": dsn}) as server:
            apis = {name: Api(server.port, api.identifier, api.secret) for name, api in made.items()}
            secrets = [api.secret for api in made.values()]
            with secrets_kept(server, PASSWORD, PROOF, ACCESS_KEY, *secrets):
                yield Gate(server, apis["full"], apis)


def test_listed_addresses_are_let_in(gate: Gate) -> None:
    """IPv4 and IPv6, by network; IPv4 within IPv6 is IPv4."""
    for address in (OFFICE, "::ffff:192.0.2.9", HOME, "2001:0db8:0000:0007::1", f"{ELSEWHERE}, {OFFICE}"):
        assert gate.ask("full", "GetTransactions", address).result == "success"


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        (ELSEWHERE, ELSEWHERE),
        ("192.0.3.7", "192.0.3.7"),
        ("2001:DB8:0:8::1", "2001:db8:0:8::1"),
        ("::ffff:203.0.113.7", ELSEWHERE),
        (f"{OFFICE}, {ELSEWHERE}", ELSEWHERE),
        (f"{OFFICE}, {ELSEWHERE}, 10.0.0.1", ELSEWHERE),
        (f"{ELSEWHERE}:4711", ELSEWHERE),
        (f"{OFFICE}, junk", "127.0.0.1"),
        (f"{OFFICE}, junk, 10.0.0.1", "10.0.0.1"),
        ("junk", "127.0.0.1"),
        ("", "127.0.0.1"),
        ("<script>;credit=1", "127.0.0.1"),
    ],
)
def test_other_addresses_are_not(gate: Gate, forwarded: str, address: str) -> None:
    """The address in the answer is the last one that a trusted proxy vouches for, never a made-up one."""
    answer = gate.ask("full", "GetTransactions", forwarded)
    assert (answer.message, answer.status) == (f"Invalid IP {address}", 403)


def test_several_headers_are_one(gate: Gate) -> None:
    """A second X-Forwarded-For header continues the first: what the caller sent stands left of it."""
    request = urlencode({**gate.api.credentials, "action": "GetTransactions", "responsetype": "json"})
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    for first, second, is_in in ((OFFICE, ELSEWHERE, False), (ELSEWHERE, OFFICE, True)):
        forwarded = f"X-Forwarded-For: {first}\r\nX-Forwarded-For: {second}\r\n"
        raw = f"{head}{forwarded}Content-Length: {len(request)}\r\n\r\n{request}".encode()
        (answer,) = gate.api.exchange(raw)
        assert (answer.status == 200) is is_in


@pytest.mark.parametrize(
    ("form", "message", "status"),
    [
        ({"action": ""}, NO_ACTION, 400),
        ({"action": "", "accesskey": ACCESS_KEY}, NO_ACTION, 400),
        ({}, INVALID_IP, 403),
        ({"accesskey": "wrong"}, INVALID_IP, 403),
        ({"accesskey": ACCESS_KEY.upper()}, INVALID_IP, 403),
        ({"identifier": "{full}", "secret": "{full_secret}"}, INVALID_IP, 403),
        ({"identifier": "{full}", "secret": "wrong"}, INVALID_IP, 403),
        ({"accesskey": ACCESS_KEY}, MISSING, 403),
        ({"accesskey": ACCESS_KEY, "identifier": "nobody", "secret": "{full_secret}"}, MISSING, 403),
        ({"accesskey": ACCESS_KEY, "identifier": "{revoked}", "secret": "{revoked_secret}"}, MISSING, 403),
        ({"accesskey": ACCESS_KEY, "username": "nobody", "password": PROOF}, MISSING, 403),
        ({"accesskey": ACCESS_KEY, "identifier": "{full}", "secret": "wrong"}, WRONG, 403),
        ({"accesskey": ACCESS_KEY, "identifier": "{gone}", "secret": "wrong"}, WRONG, 403),
        ({"accesskey": ACCESS_KEY, "username": "root", "password": PASSWORD}, WRONG, 403),
        ({"accesskey": ACCESS_KEY, "username": "gone", "password": "0" * 32}, WRONG, 403),
        ({"accesskey": ACCESS_KEY, "identifier": "{gone}", "secret": "{gone_secret}"}, DISABLED, 403),
        ({"accesskey": ACCESS_KEY, "username": "gone", "password": PROOF}, DISABLED, 403),
        (
            {"accesskey": ACCESS_KEY, "identifier": "{reads}", "secret": "{reads_secret}"},
            'Invalid Permissions: API action "nosuchaction" is not allowed',
            403,
        ),
        (
            {"accesskey": ACCESS_KEY, "identifier": "{full}", "secret": "{full_secret}"},
            "Command Not Found",
            400,
        ),
        ({"accesskey": ACCESS_KEY, "username": "root", "password": PROOF}, "Command Not Found", 400),
    ],
)
def test_order_of_checks(gate: Gate, form: Parameters, message: str, status: int) -> None:
    """Action named, address or access key, credentials, admin, role, action served, in this order."""
    names = {name: api.identifier for name, api in gate.credentials.items()}
    names |= {f"{name}_secret": api.secret for name, api in gate.credentials.items()}
    filled = {name: value.format_map(names) if "{" in value else value for name, value in form.items()}
    answer = gate.post(ELSEWHERE, **{"action": "NoSuchAction", **filled})
    assert (answer.message, answer.status) == (message, status)


def test_a_role_that_may_not(gate: Gate) -> None:
    """The exact bytes: the action in lower case, and quotes as live servers write them."""
    answer = gate.ask("reads", "AddCredit", clientid="x")
    text = rb"Invalid Permissions: API action \u0022addcredit\u0022 is not allowed"
    assert (answer.status, answer.raw) == (403, b'{"result":"error","message":"' + text + b'"}')
    assert answer.headers["Content-Type"] == "application/json"


def test_roles_are_added_up(gate: Gate) -> None:
    """A credential may do what any of its roles allows; that can still be refused on its merits."""
    for who, action, message in (
        ("reads", "GETCREDITS", "Client ID Not Found"),
        ("both", "GetCredits", "Client ID Not Found"),
        ("both", "AddCredit", "Client ID Not Found"),
        ("both", "CreateInvoice", 'Invalid Permissions: API action "createinvoice" is not allowed'),
        ("full", "CreateInvoice", "Client ID Not Found"),
    ):
        assert gate.ask(who, action).message == message


def test_a_library_tells_a_missing_permission(gate: Gate) -> None:
    """`whmcspy` raises its own exception for it. It calls from where the tests are, so it brings the key."""
    reads = gate.credentials["reads"]
    library: Any = whmcspy.WHMCS(f"http://127.0.0.1:{reads.port}{PATH}", reads.identifier, reads.secret)
    with pytest.raises(MissingPermission, match='API action "addcredit" is not allowed'):
        library.call("AddCredit", clientid=1, amount="1.00", accesskey=ACCESS_KEY)


@pytest.mark.parametrize("name", ["Root", "root", "ROOT"])
@pytest.mark.parametrize("proof", [PROOF, PROOF.upper()])
def test_login_with_md5(gate: Gate, name: str, proof: str) -> None:
    """User name and MD5 of the password, in any case of letters, may do everything."""
    answer = gate.post(OFFICE, action="GetTransactions", username=name, password=proof)
    assert answer.success["totalresults"] == 0


# As recorded from the clients themselves; AddCredit is answered with a refusal of its own, once they are in.
_POST = "POST {path} HTTP/1.1\r\nContent-Type: "
_FORM_POST = _POST + "application/x-www-form-urlencoded\r\n"
_NPM_WHMCS = (
    "action=addcredit&clientid=99&amount=10.5&description=hi%20%26%20%C3%A9&responsetype=json"
    "&username=root&password={md5}&accesskey={key}"
)
_PHP = (
    "username=Root&password={md5}&accesskey={key}&action=AddCredit&clientid=99&amount=10.5&description=x+y"
    "&responsetype=json"
)
_NPM_WHMCS_API = (
    "GET {path}?endpoint=http%3A%2F%2Fx&identifier={id}&secret={secret}&accesskey={key}&responsetype=json"
    "&action=AddCredit&clientid=99&amount=1.5&description=x%20y HTTP/1.1\r\nAccept: */*\r\n"
)
_OXHEBERG = "".join(
    f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
    for name, value in {
        "username": "{id}",
        "password": "{secret}",
        "accesskey": "{raw_key}",
        "responsetype": "json",
        "action": "AddCredit",
    }.items()
)
RECORDED = {
    "npm whmcs 1.2.2": (_FORM_POST, _NPM_WHMCS),
    "PHP http_build_query": (_FORM_POST, _PHP),
    "npm whmcs-api 1.5.5": (_NPM_WHMCS_API, ""),
    "oxheberg whmcs-api": (_POST + "multipart/form-data; boundary=b\r\n", _OXHEBERG + "--b--\r\n"),
}


@pytest.mark.parametrize("client", RECORDED)
def test_requests_of_existing_clients(gate: Gate, client: str) -> None:
    """Logins with MD5, the pair in other fields, and everything in the query string: all get in."""
    head, body = RECORDED[client]
    values = {
        "path": PATH,
        "md5": PROOF,
        "key": quote(ACCESS_KEY, safe=""),
        "raw_key": ACCESS_KEY,
        "id": gate.api.identifier,
        "secret": gate.api.secret,
    }
    content = body.format_map(values).encode()
    rest = f"Host: x\r\nX-Forwarded-For: {ELSEWHERE}\r\nContent-Length: {len(content)}\r\n\r\n"
    (answer,) = gate.api.exchange(f"{head.format_map(values)}{rest}".encode() + content)
    assert (answer.message, answer.status) == ("Client ID Not Found", 200)


def test_who_called_is_in_the_log(gate: Gate) -> None:
    """By identifier or `admin:1`, with a code that tells the reasons apart; the secret sent never is."""
    query = {"action": "GetTransactions", "identifier": gate.api.identifier, "secret": "hush-in-the-query"}
    line = f"GET {PATH}?{urlencode(query)} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {OFFICE}\r\n\r\n"
    login = {"action": "GetTransactions", "username": "root", "password": PROOF}
    answers = [
        gate.post(OFFICE, **login),
        gate.post(OFFICE, **login | {"username": "gone"}),
        gate.post(ELSEWHERE, **login, accesskey="hush-key"),
        gate.post(OFFICE, **login | {"password": "hush-password"}),
        gate.ask("reads", "AddCredit"),
        *gate.api.exchange(line.encode()),
    ]
    gate.post(OFFICE)  # a line may be written after its answer, but not after the next request
    written = gate.server.log()
    lines = [json.loads(text) for text in written.splitlines()]
    records = {record["request_id"]: record for record in lines if record["event"] == "request"}
    said = [records[answer.headers["X-Request-Id"]] for answer in answers]
    assert [(record["credential"], record["refusal"]) for record in said] == [
        ("admin:1", ""),
        ("admin:2", "admin_disabled"),
        ("", "address_not_allowed"),
        ("", "not_authenticated"),
        (gate.credentials["reads"].identifier, "action_not_allowed"),
        ("", "not_authenticated"),
    ]
    assert "hush" not in written
