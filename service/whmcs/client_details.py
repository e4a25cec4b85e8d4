"""How GetClientsDetails writes a client, keys in the documented order.

Lives here: pure translation of a row; the figures are in `client_stats`. What this ledger does not hold
(logins) is written as WHMCS writes a client that has none. Source: WHMCS API reference,
GetClientsDetails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

import orjson

from service.http.countries import COUNTRY_NAMES, phone
from service.whmcs.encoder import money

if TYPE_CHECKING:
    from projections.views import ClientRow
    from service.domain.events import Profile
    from service.whmcs.encoder import Body

_EMAIL_KINDS = ("general", "invoice", "support", "product", "domain", "affiliate")


def client(row: ClientRow, owner: ClientRow, installation: str) -> Body:
    """The client block. `owner` is the account that owns it, often itself."""
    profile, flags = row.profile or {}, row.flags
    customs = custom_values(profile)
    return {
        "client_id": row.client_id,
        "owner_user_id": row.owner_id,
        "userid": row.client_id,
        "id": row.client_id,
        "uuid": str(uuid5(NAMESPACE_URL, f"{installation}/client/{row.client_id}")),
        **_person(profile, flags),
        "billingcid": 0,
        "notes": profile.get("notes", ""),
        "currency": row.currency_id,
        "defaultgateway": row.payment_method,
        "groupid": row.group_id,
        "status": row.status,
        "credit": money(row.balance),
        "taxexempt": flags.get("tax_exempt", False),
        "latefeeoveride": flags.get("late_fee_override", False),
        "overideduenotices": flags.get("overdue_notices_override", False),
        "separateinvoices": flags.get("separate_invoices", False),
        "disableautocc": flags.get("no_card_charges", False),
        "emailoptout": False,
        "marketing_emails_opt_in": row.marketing_opt_in,
        "overrideautoclose": flags.get("no_auto_close", False),
        "allowSingleSignOn": 1,
        "email_verified": False,
        "language": row.language,
        "isOptedInToMarketingEmails": row.marketing_opt_in,
        "lastlogin": "",
        "currency_code": row.currency,
        "customfields": [{"id": number, "value": value} for number, value in customs],
        **{f"customfields{place}": value for place, (_, value) in enumerate(customs, start=1)},
        "users": {"user": [_user(owner)]},
    }


def custom_values(profile: Profile) -> list[tuple[int, str]]:
    """The custom fields' numbers and values, by number."""
    values: dict[str, str] = orjson.loads(profile.get("custom_fields") or "{}")
    return sorted((int(number), value) for number, value in values.items())


def _person(profile: Profile, flags: dict[str, bool]) -> Body:
    state = profile.get("state", "")
    country = profile.get("country", "")
    dialled = phone(profile.get("phone", ""), country)
    return {
        "firstname": profile.get("first_name", ""),
        "lastname": profile.get("last_name", ""),
        "fullname": _full_name(profile),
        "companyname": profile.get("company_name", ""),
        "email": profile.get("email", ""),
        "address1": profile.get("address1", ""),
        "address2": profile.get("address2", ""),
        "city": profile.get("city", ""),
        "fullstate": state,
        "state": state,
        "postcode": profile.get("postcode", ""),
        "countrycode": country,
        "country": country,
        "phonenumber": profile.get("phone", ""),
        "tax_id": profile.get("tax_id", ""),
        "email_preferences": {kind: "1" if flags.get(f"mail_{kind}", True) else "0" for kind in _EMAIL_KINDS},
        "statecode": state,
        "countryname": COUNTRY_NAMES.get(country, ""),
        "phonecc": dialled.country_code,
        "phonenumberformatted": dialled.formatted,
        "telephoneNumber": dialled.formatted,
    }


def _user(owner: ClientRow) -> Body:
    profile = owner.profile or {}
    return {
        "id": owner.client_id,
        "name": _full_name(profile),
        "email": profile.get("email", ""),
        "is_owner": True,
    }


def _full_name(profile: Profile) -> str:
    return f"{profile.get('first_name', '')} {profile.get('last_name', '')}".strip()
