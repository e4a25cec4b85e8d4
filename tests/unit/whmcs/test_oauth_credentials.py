"""The four actions on OAuth credentials: every documented error text in its order, and what is answered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from service.whmcs.list_oauth_credentials import _spelled
from service.whmcs.ports import Options
from tests.support.decider import TODAY
from tests.support.whmcs import World

Parameters = dict[str, Any]

NAME = "A name for the Client Credential is required."
SERVICE = "A service ID is required for the single sign-on grant type."
SCOPE = "At least one valid scope is required."
BAD_GRANT = 'The requested grant type "implicit" is invalid.'
BAD_SCOPE = 'The requested scope "root" is invalid.'
BAD_SERVICE = "A valid Service ID is required."
BAD_ID = "Invalid Credential ID provided."
CODE = {"grantType": "authorization_code", "name": "Panel", "scope": "openid profile"}
SSO = {"grantType": "single_sign_on", "serviceId": "9", "scope": "clientarea:sso clientarea:invoices"}


@pytest.fixture
async def world() -> World:
    """One credential of each kind, 1 for codes and 2 for single sign-on."""
    world = World()
    for wanted in (CODE, SSO):
        assert (await world.ask("CreateOAuthCredential", **wanted))["result"] == "success"
    return world


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "A valid grant type is required."),
        ({**SSO, "grantType": " ", "scope": "root"}, "A valid grant type is required."),
        ({**CODE, "grantType": "implicit", "name": ""}, BAD_GRANT),
        ({**CODE, "name": "", "scope": "root"}, NAME),
        ({**CODE, "name": " "}, NAME),
        ({**SSO, "serviceId": "", "scope": ""}, SERVICE),
        ({**CODE, "scope": ""}, SCOPE),
        ({**CODE, "scope": "openid root"}, BAD_SCOPE),
        ({**SSO, "serviceId": "x", "scope": "root"}, BAD_SCOPE),
        ({**SSO, "serviceId": "x"}, BAD_SERVICE),
        ({**SSO, "serviceId": "0"}, BAD_SERVICE),
        ({**CODE, "name": "n" * 256}, "The name must not be longer than 255 bytes"),
        ({**CODE, "redirectUri": {"0": "u" * 65_536}}, "The redirectUri must not be longer than 65535 bytes"),
    ],
)
async def test_what_cannot_be_created(parameters: Parameters, message: str) -> None:
    """The documented texts, the first in the documented order; nothing is created."""
    world = World()
    assert await world.message("CreateOAuthCredential", **parameters) == message
    assert (await world.ask("ListOAuthCredentials"))["clients"] == []


async def test_creation() -> None:
    """Documented keys; the identifier and secret are made here."""
    world = World()
    assert await world.ask("CreateOAuthCredential", **CODE) == {
        "result": "success",
        "credentialId": 1,
        "clientIdentifier": "X.1",
        "clientSecret": "secret-1",
    }


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "A Credential ID or Client Identifier is required."),
        ({"grantType": "implicit"}, "A Credential ID or Client Identifier is required."),
        ({"credentialId": "9", "grantType": "implicit"}, BAD_ID),
        ({"credentialId": "x"}, BAD_ID),
        ({"clientApiIdentifier": "X.9", "scope": "root"}, "Invalid Client Identifier provided."),
        ({"credentialId": "1", "grantType": "implicit", "scope": "root"}, BAD_GRANT),
        ({"credentialId": "2", "grantType": "authorization_code", "scope": "root"}, NAME),
        ({"credentialId": "1", "grantType": "single_sign_on", "scope": "root"}, SERVICE),
        ({"credentialId": "1", "scope": "root"}, BAD_SCOPE),
        ({"credentialId": "1", "serviceId": "x"}, BAD_SERVICE),
    ],
)
async def test_what_cannot_be_changed(world: World, parameters: Parameters, message: str) -> None:
    """The documented texts, the first in the documented order; nothing is changed."""
    before = await world.ask("ListOAuthCredentials")
    assert await world.message("UpdateOAuthCredential", **parameters) == message
    assert await world.ask("ListOAuthCredentials") == before


async def test_changes(world: World) -> None:
    """What is given is changed, by number or identifier; a new secret is told where one was asked for."""
    changed = await world.ask(
        "UpdateOAuthCredential", credentialId="1", name="Other", scope="email", logoUri=""
    )
    assert changed == {"result": "success", "credentialId": "1"}
    reset = await world.ask(
        "UpdateOAuthCredential", clientApiIdentifier="X.1", resetSecret="true", description="d"
    )
    assert reset == {"result": "success", "credentialId": "1", "newClientSecret": "secret-3"}
    first = (await world.ask("ListOAuthCredentials"))["clients"][0]
    told = ("name", "scope", "description", "clientSecret")
    assert [first[name] for name in told] == ["Other", "email", "d", "secret-3"]


async def test_deletion(world: World) -> None:
    """The number comes back as it was sent; after it there is no such credential."""
    assert await world.ask("DeleteOAuthCredential", credentialId="1") == {
        "result": "success",
        "credentialId": "1",
    }
    for number in ("1", "0", "x", ""):
        assert await world.message("DeleteOAuthCredential", credentialId=number) == BAD_ID
    assert [one["credentialId"] for one in (await world.ask("ListOAuthCredentials"))["clients"]] == [2]


async def test_a_listed_credential() -> None:
    """Every documented key, in the documented order, with the secret; several URIs are told as a list."""
    world = World()
    uris = "https://a.example/1, https://a.example/2\nhttps://a.example/3"
    about = {**CODE, "description": "d", "logoUri": "https://a.example/l.png", "redirectUri": uris}
    await world.ask("CreateOAuthCredential", **about)
    (listed,) = (await world.ask("ListOAuthCredentials"))["clients"]
    assert list(listed.items()) == [
        ("credentialId", 1),
        ("name", "Panel"),
        ("description", "d"),
        ("grantTypes", "authorization_code"),
        ("scope", "openid profile"),
        ("clientIdentifier", "X.1"),
        ("clientSecret", "secret-1"),
        ("uuid", None),
        ("serviceId", 0),
        ("logoUri", "https://a.example/l.png"),
        ("redirectUri", ["https://a.example/1", "https://a.example/2", "https://a.example/3"]),
        ("rsaKeyPairId", 0),
        ("createdAt", "30th June 2025 12:34:56pm"),
        ("updatedAt", "30th June 2025 12:34:56pm"),
    ]


@pytest.mark.parametrize(
    ("parameters", "numbers"),
    [
        ({}, [1, 2]),
        ({"grantType": "single_sign_on"}, [2]),
        ({"grantType": "implicit"}, []),
        ({"sortOrder": "DESC"}, [2, 1]),
        ({"sortField": "name"}, [2, 1]),
        ({"sortField": "client_identifier", "sortOrder": "asc"}, [1, 2]),
        ({"sortField": "serviceId", "sortOrder": "desc"}, [2, 1]),
        ({"sortField": "nothing"}, [1, 2]),
        ({"limit": "1"}, [1]),
        ({"limit": "0"}, [1, 2]),
        ({"limit": "x"}, [1, 2]),
    ],
)
async def test_which_are_listed(world: World, parameters: Parameters, numbers: list[int]) -> None:
    """By grant type, in the order asked for, up to the limit; junk counts as not given."""
    listed = (await world.ask("ListOAuthCredentials", **parameters))["clients"]
    assert [one["credentialId"] for one in listed] == numbers


async def test_a_list_that_is_too_long_is_not_cut_short(world: World) -> None:
    """It is refused with what to do about it."""
    world.services = replace(world.services, options=Options(today=lambda: TODAY, rows_max=1))
    message = "More than 1 rows match; ask for fewer with limit"
    assert await world.message("ListOAuthCredentials") == message
    assert len((await world.ask("ListOAuthCredentials", limit="1"))["clients"]) == 1


@pytest.mark.parametrize(
    ("time", "spelled"),
    [
        ("2016-11-18 09:32:24", "18th November 2016 9:32:24am"),
        ("2025-01-01 00:00:00", "1st January 2025 12:00:00am"),
        ("2025-02-02 12:00:00", "2nd February 2025 12:00:00pm"),
        ("2025-03-03 13:05:09", "3rd March 2025 1:05:09pm"),
        ("2025-04-11 23:59:59", "11th April 2025 11:59:59pm"),
        ("2025-05-12 10:00:00", "12th May 2025 10:00:00am"),
        ("2025-06-13 01:00:00", "13th June 2025 1:00:00am"),
        ("2025-07-21 01:00:00", "21st July 2025 1:00:00am"),
        ("2025-08-22 01:00:00", "22nd August 2025 1:00:00am"),
        ("2025-10-31 01:00:00", "31st October 2025 1:00:00am"),
    ],
)
def test_how_a_time_is_spelled(time: str, spelled: str) -> None:
    """English ordinals, months and a clock of twelve hours, as in the API reference."""
    assert _spelled(time) == spelled
