"""Every action that is served, asked for every kind of nonsense, in every encoding of a request.

What must hold whatever comes: the protocol's answer and no server error, an effect just when there is a
success, and at the end books that are right. Single cases with their texts are in `test_bad_input`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import quote_from_bytes

from hypothesis import given, settings
from hypothesis import strategies as st

from service.whmcs.actions import ACTIONS
from tests.acceptance.client import CLIENT, FORM, PATH, unused_email
from tests.acceptance.process import creditledger

if TYPE_CHECKING:
    from tests.acceptance.client import Answer, Api
    from tests.acceptance.conftest import Log

EXAMPLES = 400
STATUSES = {200, 400, 403, 409, 413}
BOUNDARY = "----fuzz"

NUMBERS = (
    *("0", "-0", "-0.00", "+1", "-1", "1.", ".5", "1.005", "0.001", "1,000.00", "1.000,00", "1 000", "1'000"),
    *(
        "1e3",
        "1E-3",
        "1e999",
        "NaN",
        "nan",
        "INF",
        "-Infinity",
        "0x10",
        "0b1",
        "1_000",
        "\u0663",
        "\uff11",
        "\u00bd",
        "10%",
    ),
    *("9" * 30, "9" * 30 + ".99", "9" * 5000, "0" * 40 + "1", "0." + "9" * 60, "$5", "5 USD", "USD 5", "5€"),
    *("99999999999999.99", "100000000000000.00", "2147483648", "4294967296", "9223372036854775807"),
    *("9223372036854775808", "18446744073709551616", "-9223372036854775809", "1\n", "1\t", "\u00a01"),
)
DATES = (
    *("2026-02-29", "2026-13-01", "2026-00-10", "0000-00-00", "9999-12-31", "10000-01-01", "2026-1-1"),
    *("20260229", "20261301", "31/12/2026", "12/31/2026", "2026-01-01T00:00:00Z", "2026-W01-1", "today"),
    *("0000-00-00 00:00:00", "2026-01-01 24:00:00", "2026-01-01 23:59:60", "2026-01-01 99:99:99", "-1-01-01"),
)
WORDS = (
    *(
        "",
        " ",
        "null",
        "undefined",
        "NaN",
        "[object Object]",
        "a,b",
        "true",
        "False",
        "full",
        "FULL",
        "remove",
    ),
    *("Paid", "Draft", "Cancelled", "Payment Pending", "unpaid", "EUR", "2", "ZZZ", 'O:8:"stdClass":0:{}'),
    *("YToxOntpOjE7czozOiJhYmMiO30=", "Tzo4OiJzdGRDbGFzcyI6MDp7fQ==", "YToxOntp", "' OR 1=1 --", "<b>&amp;"),
    *(
        "%00",
        "%FF",
        "\u202e",
        "\ufeff",
        "é" * 3000,
        "x" * 70_000,
        ";result=success;",
        "]]>",
        "${jndi:x}",
        "../..",
    ),
)
NAMES = sorted(
    {name for action in ACTIONS.values() for name in action.fields.model_fields}
    | {
        "itemdescription1",
        "itemamount1",
        "itemtaxed1",
        "itemamount0",
        f"itemamount{'9' * 200}",
        "itemamount01",
    }
    | {"customfields", "idempotencykey", "responsetype", "accesskey", "password2", "cardnum", "clientId"}
    | {"new item.amount", "identifier[]", "action[]", "é", "a" * 300}
)
BRACKETS = st.sampled_from(
    ["", "", "", "", "[]", "[0]", "[a]", "[0][c]", "[" + "9" * 30 + "]", "[]" * 9, "[", "]", "[["]
)
VALUES = st.one_of(
    st.sampled_from(NUMBERS),
    st.sampled_from(DATES),
    st.sampled_from(WORDS),
    st.integers(-3, 60).map(str),
    st.decimals(0, 50, places=2).map(str),
    st.text(max_size=12),
).map(lambda text: text.encode("utf-8", "surrogatepass"))
RAW = st.one_of(VALUES, VALUES, VALUES, st.binary(max_size=12))
PARAMETERS = st.lists(st.tuples(st.sampled_from(NAMES), BRACKETS, RAW), max_size=6)


class Asker:
    """Sends one action in one of the encodings, from a base of parameters that would do."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.clients = [api.client("1000.00") for _ in range(3)]
        self.invoices = [api.invoice(client, "20.00") for client in self.clients for _ in range(3)]
        self.invoices.append(api.invoice(self.clients[0], "5.00", draft="1"))
        self.invoices.append(api.invoice(self.clients[0], "5.00", status="Cancelled"))

    def base(self, number: int) -> dict[str, str]:
        """Parameters with which any action that is about money succeeds."""
        client = self.clients[number % len(self.clients)]
        invoice = self.invoices[number % len(self.invoices)]
        own = {"clientid": client, "userid": client, "invoiceid": invoice, "amount": "0.50"}
        return {**CLIENT, **own, "email": unused_email(), "itemamount1": "1.25", "itemdescription1": "x"}

    def send(
        self, action: str, base: dict[str, str], parameters: list[tuple[str, bytes]], how: str
    ) -> Answer:
        """The answer. What comes later of one name wins; credentials come first, so that they may be lost."""
        fixed = {**self._api.credentials, "responsetype": "json", **base, "action": action}
        pairs = [(name, text.encode()) for name, text in fixed.items()] + parameters
        if how == "multipart":
            parts = [
                b'--%b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'
                % (BOUNDARY.encode(), quote_from_bytes(name.encode(), safe=" []").encode(), raw)
                for name, raw in pairs
            ]
            body = b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()
            (answer,) = self._api.exchange(_head(f"multipart/form-data; boundary={BOUNDARY}", body) + body)
            return answer
        quoted = [f"{quote_from_bytes(name.encode())}={quote_from_bytes(raw)}" for name, raw in pairs]
        body = "&".join(quoted).encode()
        if how == "query" and len(body) < 4000:
            get = f"GET {PATH}?{body.decode()} HTTP/1.1\r\nHost: x\r\n\r\n"
            (answer,) = self._api.exchange(get.encode())
            return answer
        (answer,) = self._api.exchange(_head(FORM, body) + body)
        return answer

    def forget_deleted(self) -> None:
        """Whoever was deleted is nobody any more; a new client takes the place."""
        for place, client in enumerate(self.clients):
            if self._api.send("GetClientsDetails", {"clientid": client}).result == "error":
                self.clients[place] = self._api.client("1000.00")

    def check_books(self) -> None:
        """What the credit log adds up to is the balance, of every client; nobody has less than nothing."""
        for client in self.clients:
            rows = self._api.credit_rows(client)
            balance = Decimal(self._api.balance(client))
            assert sum((Decimal(row["amount"]) for row in rows), Decimal(0)) == balance >= 0


def _head(content_type: str, body: bytes) -> bytes:
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: {content_type}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode()


def test_nonsense_in_every_parameter(api: Api, log: Log, dsn: str) -> None:
    """Hundreds of requests that are nearly right: answered in the protocol's shape, and the books hold."""
    asker = Asker(api)
    succeeded = set()

    @settings(max_examples=EXAMPLES, deadline=None)
    @given(
        name=st.sampled_from(sorted(ACTIONS)),
        number=st.integers(0, 50),
        parameters=PARAMETERS,
        how=st.sampled_from(["urlencoded", "urlencoded", "multipart", "query"]),
    )
    def ask(name: str, number: int, parameters: list[tuple[str, str, bytes]], how: str) -> None:
        before = log.head()
        sent = [(key + brackets, raw) for key, brackets, raw in parameters]
        answer = asker.send(name, asker.base(number), sent, how)
        assert answer.status in STATUSES, answer
        is_success = answer.result == "success"
        assert is_success or answer.status != 200 or "essage" in answer.raw.decode()
        position = answer.headers["Ledger-Position"]
        has_effect = is_success and position is not None and "Idempotency-Hit" not in answer.headers
        assert log.head() == (int(position) if has_effect else before)
        if is_success:
            succeeded.add(name)
            if name == "deleteclient":
                asker.forget_deleted()
            if name == "addclient" and answer.headers["Content-Type"] == "application/json":
                asker.clients.append(str(answer.body["clientid"]))

    ask()
    commands = {name for name in succeeded if ACTIONS[name].is_command}
    assert min(len(commands), len(succeeded - commands)) > len(ACTIONS) // 10, "all is refused at the door"
    asker.check_books()
    verified = creditledger("verify", CREDITLEDGER_DSN=dsn)
    assert verified.returncode == 0, verified
