"""A random life of a ledger, written through the actions themselves, and what there is to ask about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from service.domain.cancellation_commands import WithdrawCancellation
from service.domain.config import AddClientGroup, AddCurrency
from service.domain.gateways import AddGateway
from service.operations import operator_call
from tests.support.endings import registration
from tests.support.register import day
from tests.support.whmcs import CLIENT

if TYPE_CHECKING:
    from random import Random

    from service.application import Application
    from service.local_api import LocalApi

Question = tuple[str, dict[str, str]]
PERSONAL = frozenset(
    {"GetCancelledPackages", "GetClients", "GetClientsDetails", "GetContacts", "GetInvoices"}
)
"""Answers that have personal data in them."""
_DATES = ("2024-01-31", "2025-02-28", "2025-12-24", "2026-03-01")
_REFERENCES = ("PAY-1", "PAY-2", "PAY-3")


async def answer(api: LocalApi, action: str, parameters: dict[str, str]) -> bytes:
    """The answer's bytes."""
    return (await api.written(action, parameters.items(), "", "json"))[0]


@dataclass
class History:
    """Writes at random; knows what there is to ask about."""

    application: Application
    api: LocalApi
    random: Random
    clients: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    invoices: list[str] = field(default_factory=list)
    transactions: list[str] = field(default_factory=list)
    contacts: list[str] = field(default_factory=list)
    credentials: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    servers: int = 0

    async def write(self) -> None:
        """One step; some are refused, which is as good."""
        steps = [
            *[self._add_client] * 2,
            *[self._move_credit] * 5,
            *[self._invoice] * 4,
            *[self._apply_credit] * 3,
            *[self._pay] * 4,
            *[self._transact] * 3,
            *[self._correct] * 2,
            *[self._amend] * 2,
            *[self._change_client] * 2,
            *[self._contact] * 2,
            *[self._service] * 3,
            self._bill,
            self._configure,
            self._credential,
            self._log,
            self._close,
        ]
        await self.random.choice(steps if self.clients else [self._add_client])()

    async def delete_client(self) -> None:
        """One client and its personal data is gone."""
        client = self.clients.pop(self.random.randrange(len(self.clients)))
        keeps = self.random.choice(("true", "false"))
        await self.do("DeleteClient", clientid=client, deletetransactions=keeps, deleteusers="true")
        self.deleted.append(client)

    async def head(self) -> int:
        """The last position."""
        return (await self.application.core.store.head()).position

    async def do(self, action: str, /, **parameters: object) -> dict[str, Any]:
        """The action's answer."""
        body: dict[str, Any] = orjson.loads(
            await answer(self.api, action, {name: str(value) for name, value in parameters.items()})
        )
        return body

    def questions(self) -> list[Question]:
        """All that can be asked now."""
        asked: list[Question] = [
            (action, {})
            for action in (
                *(
                    "GetCurrencies",
                    "GetPaymentMethods",
                    "GetClientGroups",
                    "GetStats",
                    "GetCancelledPackages",
                ),
                *("ListOAuthCredentials", "WhmcsDetails", "GetClients", "GetContacts", "GetInvoices"),
                *("GetTransactions", "GetActivityLog"),
            )
        ]
        asked += [
            ("GetClients", {"search": "a", "orderby": "email", "sorting": "desc"}),
            ("GetClients", {"status": "Closed"}),
            ("GetInvoices", {"status": "Overdue", "orderby": "total", "limitnum": "3"}),
            ("GetTransactions", {"transid": self.random.choice(_REFERENCES)}),
            ("GetTransactions", {"invoiceid": "0"}),
            ("GetTransactions", {"clientid": "0"}),
            ("GetContacts", {"city": "turin"}),
            ("GetActivityLog", {"limitnum": "7", "limitstart": "3", "description": "credit"}),
        ]
        for client in [*self.clients, *self.deleted, "999"]:
            asked += [
                ("GetCredits", {"clientid": client}),
                ("GetCredits", {"clientid": client, "datefrom": "2025-01-01", "limitnum": "2"}),
                ("GetCredits", {"clientid": client, "datefrom": "not a day"}),
                ("GetClientsDetails", {"clientid": client, "stats": "true"}),
                ("GetInvoices", {"userid": client, "orderby": "duedate", "order": "desc"}),
                ("GetTransactions", {"clientid": client}),
                ("GetContacts", {"userid": client}),
                ("GetActivityLog", {"clientid": client}),
            ]
        asked += [("GetInvoice", {"invoiceid": invoice}) for invoice in [*self.invoices, "999"]]
        asked += [("GetTransactions", {"invoiceid": invoice}) for invoice in self.invoices]
        asked += [("GetClientsDetails", {"email": email}) for email in [*self.addresses[-6:], "no@where"]]
        return asked

    async def _add_client(self) -> None:
        email = self._address()
        parameters = {**CLIENT, "email": email, "firstname": self.random.choice("ABCD")}
        if self.clients and not self.random.randrange(4):
            parameters["owner_user_id"] = self._one(self.clients)
        body = await self.do("AddClient", **parameters)
        if body["result"] == "success":
            self.clients.append(str(body["clientid"]))

    async def _move_credit(self) -> None:
        kind = self.random.choice(("add", "add", "remove"))
        date = self.random.choice((*_DATES, ""))
        amount = f"{self.random.randint(1, 3000) / 100:.2f}"
        await self.do(
            "AddCredit",
            clientid=self._one(self.clients),
            amount=amount,
            description="Moved",
            date=date,
            type=kind,
        )

    async def _invoice(self) -> None:
        body = await self.do(
            "CreateInvoice",
            userid=self._one(self.clients),
            status=self.random.choice(("Unpaid", "Unpaid", "Draft", "Paid")),
            date=self.random.choice(_DATES),
            duedate=self.random.choice(_DATES),
            itemdescription1="Line",
            itemamount1=f"{self.random.randint(1, 20)}.00",
            itemtaxed1="1",
            itemtype1=self.random.choice(("", "", "AddFunds")),
            taxrate=self.random.choice(("", "20.000")),
            autoapplycredit=self.random.choice("01"),
        )
        if body["result"] == "success":
            self.invoices.append(str(body["invoiceid"]))

    async def _apply_credit(self) -> None:
        amount = self.random.choice(("full", "1.50"))
        await self.do("ApplyCredit", invoiceid=self._one(self.invoices), amount=amount)

    async def _pay(self) -> None:
        body = await self.do(
            "AddInvoicePayment",
            invoiceid=self._one(self.invoices),
            transid=self.random.choice((*_REFERENCES, "")),
            gateway=self.random.choice(("paypal", "stripe")),
            amount=self.random.choice(("", "3.33", "30.00")),
            date=f"{self.random.choice(_DATES)} 12:00:00",
        )
        self._learn_transaction(body)

    async def _transact(self) -> None:
        parameters: dict[str, object] = {"amountin": "5.00", "paymentmethod": "paypal", "description": "Told"}
        match self.random.randrange(4):
            case 0:
                parameters["currencyid"] = "1"
            case 1:
                parameters |= {"userid": self._one(self.clients), "credit": "true"}
            case 2:
                parameters |= {"invoiceid": self._one(self.invoices), "transid": self._one(_REFERENCES)}
            case _:
                parameters |= {
                    "userid": self._one(self.clients),
                    "amountin": "0",
                    "amountout": "1.00",
                    "refundid": self._one(self.transactions),
                }
        await self.do("AddTransaction", **parameters, date=self._one(_DATES))
        self.transactions.append(str(len(self.transactions) + 1))

    async def _correct(self) -> None:
        parameters = {"transactionid": self._one(self.transactions)}
        changes = {
            "date": self._one(_DATES),
            "transid": self._one(_REFERENCES),
            "amountin": "2.00",
            "invoiceid": self._one(self.invoices),
            "description": "Corrected",
        }
        name = self.random.choice(list(changes))
        await self.do("UpdateTransaction", **parameters, **{name: changes[name]})

    async def _amend(self) -> None:
        changes: tuple[dict[str, str], ...] = (
            {"status": "Cancelled"},
            {"status": "Unpaid"},
            {"notes": "Amended"},
            {"newitemdescription[]": "More", "newitemamount[]": "2.50"},
            {"date": self._one(_DATES)},
            {"publish": "true"},
            {"credit": "0.50"},
        )
        await self.do("UpdateInvoice", invoiceid=self._one(self.invoices), **self.random.choice(changes))

    async def _change_client(self) -> None:
        changes: tuple[dict[str, str], ...] = (
            {"email": self._address()},
            {"firstname": "Changed"},
            {"companyname": "Acme"},
            {"status": "Inactive"},
            {"language": "german", "taxexempt": "true"},
        )
        await self.do("UpdateClient", clientid=self._one(self.clients), **self.random.choice(changes))

    async def _contact(self) -> None:
        number = self._one(self.contacts)
        match self.random.randrange(4):
            case 0:
                await self.do("UpdateContact", contactid=number, city="Turin", generalemails="true")
            case 1:
                await self.do("DeleteContact", contactid=number)
            case _:
                person = {"firstname": "Con", "email": self._address(), "city": "Rome"}
                body = await self.do("AddContact", clientid=self._one(self.clients), **person)
                if body["result"] == "success":
                    self.contacts.append(str(body["contactid"]))

    async def _bill(self) -> None:
        await self.do(
            "AddBillableItem",
            clientid=self._one(self.clients),
            description="Work",
            amount="4.00",
            unit="quantity",
            quantity="1",
            invoiceaction=self.random.choice(("noinvoice", "nextcron")),
        )
        if not self.random.randrange(3):
            await self.do("GenInvoices", noemails="true")

    async def _service(self) -> None:
        """It begins, is asked to end, or is not any more."""
        client = int(self._one(self.clients))
        core, call = self.application.core, operator_call()
        services = await core.register.of_client(client)
        number = self._one([str(each) for each in services])
        match self.random.randrange(4 if services else 1):
            case 0:
                self.servers += 1
                kind, due = self.random.choice(("instant", "dedicated")), self.random.choice((day(9), day(0)))
                command = registration(0, server_id=self.servers, kind=kind, next_due_date=due)
                await core.register.register(client, command, call)
            case 1:
                await core.cancellations.execute(client, WithdrawCancellation(service_id=int(number)), call)
            case _:
                kind = self.random.choice(("Immediate", "End of Billing Period"))
                await self.do("AddCancelRequest", serviceid=number, type=kind, reason="Enough")

    async def _configure(self) -> None:
        configuration = self.application.core.configuration
        state = await configuration.current()
        match self.random.randrange(3):
            case 0:
                code = self.random.choice(("EUR", "GBP", "SEK"))
                currency = AddCurrency(code=code, prefix="~", suffix=f" {code}", format=1, rate=110_000)
                await configuration.change(currency, operator_call())
            case 1:
                gateway = AddGateway(name=f"gate{len(state.gateways)}", display_name="Gate")
                await configuration.change(gateway, operator_call())
            case _:
                group = AddClientGroup(
                    name=f"Group {len(state.groups)}",
                    colour="#ffffff",
                    discount=0,
                    suspension_exempt=False,
                    separate_invoices=True,
                )
                await configuration.change(group, operator_call())

    async def _credential(self) -> None:
        number = self._one(self.credentials)
        match self.random.randrange(4):
            case 0:
                await self.do("UpdateOAuthCredential", credentialId=number, name="Other", resetSecret="true")
            case 1:
                await self.do("DeleteOAuthCredential", credentialId=number)
            case _:
                about = {"name": "App", "grantType": "authorization_code", "scope": "clientarea:sso"}
                body = await self.do("CreateOAuthCredential", **about)
                if body["result"] == "success":
                    self.credentials.append(str(body["credentialId"]))

    async def _log(self) -> None:
        client = self.random.choice((self._one(self.clients), ""))
        await self.do("LogActivity", clientid=client, description="Something happened")

    async def _close(self) -> None:
        if not self.random.randrange(3):
            await self.do("CloseClient", clientid=self._one(self.clients))

    def _address(self) -> str:
        """Mostly a new one, else one that somebody has or had."""
        if self.addresses and not self.random.randrange(3):
            return self._one(self.addresses)
        self.addresses.append(f"person{len(self.addresses)}@example.com")
        return self.addresses[-1]

    def _learn_transaction(self, body: dict[str, Any]) -> None:
        if "transactionid" in body:
            self.transactions.append(str(body["transactionid"]))

    def _one(self, things: list[str] | tuple[str, ...]) -> str:
        return self.random.choice(things) if things else "1"
