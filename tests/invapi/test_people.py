"""The client's own details and its contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.acceptance.client import unused_email

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.client import Api
    from tests.support.invapi import Invapi

NOT_FOUND = "verification failed, subcontact not found"


def _person(**changes: str) -> dict[str, str]:
    person = {
        "firstname": "Grace",
        "lastname": "Hopper",
        "email": unused_email(),
        "password1": "correct horse",
        "password2": "correct horse",
        **changes,
    }
    return {f"profile_data[{name}]": text for name, text in person.items()}


def test_a_contact_of_a_profile(api: Api, ada: Invapi, fetch: Callable[..., object]) -> None:
    """Documented keys, seen by both protocols; the password is kept nowhere."""
    sent = _person(phonenumber="+44 20 7946 0000")
    body = ada.call("add_contact", sent, type=0).ok
    assert body["clientid"] == ada.client_id
    assert (body["firstname"], body["lastname"]) == ("Grace", "Hopper")
    assert body["email"] == sent["profile_data[email]"]
    rows = ada.call("get_contacts", email=body["email"].upper()).ok["contacts"]
    assert rows == [
        {
            "id": body["contactid"],
            "email": body["email"],
            "firstname": "Grace",
            "lastname": "Hopper",
            "permissions": "",
        }
    ]
    full = ada.call("get_contacts", email=body["email"], full=1).ok["contacts"][0]
    assert full["phonenumber"] == "+44 20 7946 0000"
    assert api.ok("GetContacts", userid=ada.client_id, email=body["email"])["totalresults"] == 1
    assert fetch("select count(*) from es.event e where position('correct horse' in e::text) > 0") == 0


def test_a_random_contact(ada: Invapi) -> None:
    """One known client sends no profile at all; what is sent is taken all the same."""
    body = ada.call("add_contact").ok
    assert body["email"].endswith("@contact.invalid")
    named = ada.call("add_contact", {"profile_data[firstname]": "Zoë"}).ok
    assert named["firstname"] == "Zoë"
    assert named["email"] != body["email"]


@pytest.mark.parametrize(
    ("field", "text", "told"),
    [
        ("firstname", "", "fill_required_fields"),
        ("email", "", "fill_required_fields"),
        ("password1", "", "fill_required_fields"),
        ("password2", "other", "fill_required_fields"),
        ("email", "no address", "email is not valid"),
        ("phonenumber", "call me", "phonenumber is not valid"),
        ("country", "Narnia", "country is not valid"),
        ("lastname", "x" * 300, "lastname must not be longer than 255 bytes"),
    ],
)
def test_a_contact_that_is_not_complete(
    ada: Invapi, head: Callable[[], object], field: str, text: str, told: str
) -> None:
    """The documented text for what is missing, a sentence for what is wrong; nothing is added."""
    before = head()
    assert ada.call("add_contact", _person(**{field: text}), type=0).failure == told
    assert head() == before


def test_a_contact_is_changed(ada: Invapi) -> None:
    """As documented in `params`, and flat as a known client sends it, which keeps what is not sent."""
    contact_id = ada.call("add_contact", _person(), type=0).ok["contactid"]
    email = unused_email()
    nested = {
        "params[contact_id]": contact_id,
        "params[email]": email,
        "params[firstname]": "Jean",
        "params[password1]": "new one",
        "params[password2]": "new one",
    }
    assert ada.call("update_contact", nested).ok == {"result": "OK", "contactid": contact_id}
    assert ada.call("update_contact", contact_id=contact_id, phonenumber="123", password2="n").ok
    row = ada.call("get_contacts", email=email, full=1).ok["contacts"][0]
    assert (row["firstname"], row["lastname"], row["phonenumber"]) == ("Jean", "Hopper", "123")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"params[email]": ""}, "fill_required_fields"),
        ({"params[firstname]": ""}, "fill_required_fields"),
        ({"params[contact_id]": ""}, "fill_required_fields"),
        ({"params[contact_id]": "999999"}, NOT_FOUND),
        ({"params[email]": "x"}, "email is not valid"),
        ({"params[password1]": "a", "params[password2]": "b"}, "passwords do not match"),
    ],
)
def test_a_contact_is_not_changed(
    ada: Invapi, head: Callable[[], object], changes: dict[str, str], told: str
) -> None:
    """Nothing is changed by a request that is wrong anywhere."""
    contact_id = ada.call("add_contact").ok["contactid"]
    good = {"params[contact_id]": contact_id, "params[email]": "a@example.com", "params[firstname]": "A"}
    before = head()
    assert ada.call("update_contact", {**good, **changes}).failure == told
    assert head() == before


def test_a_flat_change_without_address(ada: Invapi) -> None:
    """A contact keeps its address if none is sent, and is never left without one."""
    contact_id = ada.call("add_contact").ok["contactid"]
    assert ada.call("update_contact", contact_id=contact_id, email="").failure == "fill_required_fields"
    assert ada.call("update_contact", email="a@example.com").failure == "fill_required_fields"


def test_a_contact_is_deleted_once(ada: Invapi) -> None:
    """Then it is not found, as one that never was."""
    contact_id = ada.call("add_contact").ok["contactid"]
    assert ada.call("delete_contact", contact_id=contact_id).ok == {"result": "OK", "contactid": contact_id}
    for wrong in (contact_id, "999999", "x", ""):
        assert ada.call("delete_contact", contact_id=wrong).failure == NOT_FOUND
    assert ada.call("update_contact", contact_id=contact_id, city="X").failure in {
        NOT_FOUND,
        "Contact ID Not Found",
    }


def test_a_client_is_changed(api: Api, ada: Invapi) -> None:
    """As documented in `profile_data`, and flat; what is not sent stays."""
    email = unused_email()
    nested = {
        "profile_data[client_id]": ada.client_id,
        "profile_data[location]": "whmcs_ru",
        "profile_data[billing_email]": email,
        "profile_data[co_customertype]": "Company",
    }
    assert ada.call("update_client", nested).ok == {"result": "OK", "clientid": ada.client_id}
    flat = {"billing_companyname": "Ромашка", "billing_country": "de", "city": "Köln"}
    assert ada.call("update_client", flat).ok
    client = api.ok("GetClientsDetails", clientid=ada.client_id)
    assert (client["email"], client["companyname"]) == (email, "Ромашка")
    assert (client["countrycode"], client["city"], client["firstname"]) == ("DE", "Köln", "Test")
    assert ada.call("get_client").ok["client"]["corporate"] == 1


@pytest.mark.parametrize(
    ("field", "text", "told"),
    [
        ("billing_email", "", "billing_email can't be empty"),
        ("billing_email", "x", "billing_email is not valid"),
        ("billing_firstname", "", "billing_firstname can't be empty"),
        ("billing_country", "XX", "billing_country is not valid"),
        ("client_id", "1000000", "client_id is not yours"),
        ("client_id", "x", "client_id is not yours"),
        ("co_smsnum", "+4912345", "co_smsnum cannot be verified here"),
        ("ips", "192.0.2.1", "ips cannot be limited here"),
    ],
)
def test_a_client_is_not_changed(
    ada: Invapi, head: Callable[[], object], field: str, text: str, told: str
) -> None:
    """All or nothing; the text stands also under the key that HOSTKEY documents for this method."""
    before = head()
    answer = ada.call("update_client", {"profile_data[city]": "Oslo", f"profile_data[{field}]": text})
    assert answer.failure == f"invalid profile data: {told}"
    assert answer.body["-1"] == answer.failure
    assert head() == before


def test_an_address_belongs_to_one_client(api: Api, ada: Invapi) -> None:
    """Nobody takes another client's e-mail address."""
    other = api.ok("GetClientsDetails", clientid=api.client())["email"]
    answer = ada.call("update_client", billing_email=other.upper())
    assert answer.failure == "invalid profile data: billing_email is already in use"
