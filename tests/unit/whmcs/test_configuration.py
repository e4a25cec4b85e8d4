"""GetCurrencies, GetPaymentMethods, GetClientGroups, WhmcsDetails, and what invoices take from them."""

from __future__ import annotations

from typing import Any

import pytest

from service.domain.config import AddClientGroup, AddTaxRule
from service.domain.gateways import AddGateway
from tests.support.memory_system import MemoryConfiguration
from tests.support.whmcs import CLIENT, World, world_with_client

TAXED = {"userid": "1", "itemdescription1": "x", "itemamount1": "100.00", "itemtaxed1": "1"}


def configuration(world: World) -> MemoryConfiguration:
    """To be changed by tests."""
    found = world.services.system.configuration
    assert isinstance(found, MemoryConfiguration)
    return found


async def test_currencies() -> None:
    """Keys and types as WHMCS has them, nested, the default first."""
    assert await World().ask("GetCurrencies") == {
        "result": "success",
        "totalresults": 2,
        "currencies": {
            "currency": [
                {"id": 1, "code": "USD", "prefix": "$", "suffix": " USD", "format": 1, "rate": "1.00000"},
                {"id": 2, "code": "EUR", "prefix": "€", "suffix": "", "format": 3, "rate": "0.90000"},
            ]
        },
    }


async def test_payment_methods() -> None:
    """What the operator added, in that order; at first there is none."""
    world = World()
    assert await world.ask("GetPaymentMethods") == {
        "result": "success",
        "totalresults": 0,
        "paymentmethods": {"paymentmethod": []},
    }
    for name, shown in (("paypal", "PayPal"), ("mailin", "Mail In Payment")):
        configuration(world).change(AddGateway(name=name, display_name=shown))
    assert (await world.ask("GetPaymentMethods"))["paymentmethods"]["paymentmethod"] == [
        {"module": "paypal", "displayname": "PayPal"},
        {"module": "mailin", "displayname": "Mail In Payment"},
    ]


async def test_client_groups() -> None:
    """As in the documented sample: yes is `on`, no is empty."""
    world = World()
    configuration(world).change(
        AddClientGroup(
            name="Client Group 1",
            colour="#28C99B",
            discount=1000,
            suspension_exempt=True,
            separate_invoices=True,
        )
    )
    configuration(world).change(AddClientGroup(name="Client Group 2"))
    assert await world.ask("GetClientGroups") == {
        "result": "success",
        "totalresults": 2,
        "groups": {
            "group": [
                {
                    "id": 1,
                    "groupname": "Client Group 1",
                    "groupcolour": "#28C99B",
                    "discountpercent": "10.00",
                    "susptermexempt": "on",
                    "separateinvoices": "on",
                },
                {
                    "id": 2,
                    "groupname": "Client Group 2",
                    "groupcolour": "",
                    "discountpercent": "0.00",
                    "susptermexempt": "",
                    "separateinvoices": "",
                },
            ]
        },
    }


async def test_details() -> None:
    """The WHMCS whose answers these are, the same as in XML's root."""
    assert await World().ask("WhmcsDetails") == {
        "result": "success",
        "whmcs": {"version": "8.13.1", "canonicalversion": "8.13.1-release.1"},
    }


@pytest.mark.parametrize(
    ("given", "rates", "total"),
    [
        ({}, ("20.000", "1.500"), "121.50"),
        ({"taxrate": "7"}, ("7.000", "1.500"), "108.50"),
        ({"taxrate": "0", "taxrate2": "0"}, ("0.000", "0.000"), "100.00"),
        ({"taxrate2": "5"}, ("20.000", "5.000"), "125.00"),
    ],
)
async def test_tax_rules_hold_where_no_rate_is_given(
    given: dict[str, str], rates: tuple[str, str], total: str
) -> None:
    """Each rate by itself; the client is in Great Britain."""
    world = await world_with_client()
    for level, country, rate in ((1, "GB", 20000), (1, "DE", 19000), (2, "", 1500)):
        configuration(world).change(AddTaxRule(level=level, name="VAT", country=country, state="", rate=rate))
    made = await world.ask("CreateInvoice", **TAXED, **given)
    invoice = await world.ask("GetInvoice", invoiceid=str(made["invoiceid"]))
    assert (invoice["taxrate"], invoice["taxrate2"], invoice["total"]) == (*rates, total)


async def test_nobody_is_not_found_under_tax_rules_either() -> None:
    """The documented text, although the client is asked for before."""
    world = World()
    configuration(world).change(AddTaxRule(level=1, name="", country="", state="", rate=19000))
    assert await world.message("CreateInvoice", **TAXED) == "Client ID Not Found"


@pytest.mark.parametrize(
    ("client", "invoice", "expected"),
    [
        ({}, {}, "mailin"),
        ({"paymentmethod": "paypal"}, {}, "paypal"),
        ({"paymentmethod": "paypal"}, {"paymentmethod": "stripe"}, "stripe"),
    ],
)
async def test_the_default_payment_method(
    client: dict[str, Any], invoice: dict[str, Any], expected: str
) -> None:
    """The first gateway is that of invoices whose client has none; others are taken as they come."""
    world = World()
    configuration(world).change(AddGateway(name="mailin", display_name="Mail"))
    await world.ask("AddClient", **CLIENT, **client)
    made = await world.ask("CreateInvoice", **TAXED, **invoice)
    assert (await world.ask("GetInvoice", invoiceid=str(made["invoiceid"])))["paymentmethod"] == expected
