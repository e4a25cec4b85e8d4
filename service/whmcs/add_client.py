"""AddClient: a client account is opened. Source: WHMCS API reference, AddClient.

The password, the security answer and card data are neither used nor kept: this ledger has no logins and no
cards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

import orjson
from pydantic import Field, PlainValidator

from service.domain.commands import OpenAccount
from service.domain.events import AccountOpened
from service.http.form import text_of
from service.http.values import NAME_BYTES_MAX, TEXT_BYTES_MAX, read_id
from service.whmcs.action import Action, MustExist, client_is_known
from service.whmcs.fields import FieldError, Fields, Flag
from service.whmcs.person_fields import (
    read_country,
    read_custom_fields,
    read_email,
    read_phone,
    required,
)
from service.whmcs.reading import id_or, optional, text_up_to

if TYPE_CHECKING:
    from typing import Self

    from service.domain.events import Profile
    from service.domain.refusals import Refusal
    from service.handling.answers import Call, Done
    from service.http.php_arrays import Form
    from service.whmcs.encoder import Body
    from service.whmcs.ports import Services

OWNER_NOT_FOUND = ("owner_not_found", "Invalid Owner User ID")
CURRENCY_NOT_FOUND = ("currency_not_found", "Currency ID Not Found")
CARD_WARNING = (
    "Credit card related parameters are now deprecated and may be removed in a future version. "
    "Use AddPayMethod instead."
)
CARD_PARAMETERS = (
    *("cardtype", "cardnum", "expdate", "startdate", "issuenumber", "cvv"),
    *("bankcode", "bankacct"),
)


class AddClientFields(Fields):
    """In the order of the documented errors; two spaces before "address" are WHMCS's own."""

    skipvalidation: Flag = False
    owner_user_id: Annotated[int | None, optional(id_or(*OWNER_NOT_FOUND))] = None
    firstname: Annotated[str, required("firstname", "You did not enter your first name")]
    lastname: Annotated[str, required("lastname", "You did not enter your last name")]
    email: Annotated[str, PlainValidator(read_email)]
    address1: Annotated[str, required("address1", "You did not enter your  address line 1")]
    city: Annotated[str, required("city", "You did not enter your city")]
    state: Annotated[str, required("state", "You did not enter your state")]
    postcode: Annotated[str, required("postcode", "You did not enter your postcode")]
    country: Annotated[str, required("country", "Valid country required", read_country)]
    phonenumber: Annotated[str, required("phonenumber", "You did not enter your phone number", read_phone)]
    customfields: Annotated[dict[str, str], PlainValidator(read_custom_fields)] = Field(default_factory=dict)
    currency: Annotated[int | None, optional(id_or(*CURRENCY_NOT_FOUND))] = None
    companyname: Annotated[str, text_up_to(NAME_BYTES_MAX, "companyname")] = ""
    address2: Annotated[str, text_up_to(NAME_BYTES_MAX, "address2")] = ""
    tax_id: Annotated[str, text_up_to(NAME_BYTES_MAX, "tax_id")] = ""
    groupid: Annotated[int | None, PlainValidator(read_id)] = None
    language: Annotated[str, text_up_to(NAME_BYTES_MAX, "language")] = ""
    paymentmethod: Annotated[str, text_up_to(NAME_BYTES_MAX, "paymentmethod")] = ""
    notes: Annotated[str, text_up_to(TEXT_BYTES_MAX, "notes")] = ""
    marketingoptin: Flag = False
    noemail: Flag = False
    has_card: Flag = False
    """Not a parameter: whether there was any card data."""

    gathered: ClassVar[dict[str, dict[str, dict[str, str]]]] = {"has_card": {}}

    @classmethod
    def read(cls, form: Form) -> Self:
        """As for every action; all that is learnt of card data is that there was some."""
        return super().read({**form, "has_card": "".join(text_of(form, name) for name in CARD_PARAMETERS)})

    def profile(self) -> Profile:
        """The personal data, as the ledger names it."""
        return {
            "first_name": self.firstname,
            "last_name": self.lastname,
            "company_name": self.companyname,
            "email": self.email,
            "address1": self.address1,
            "address2": self.address2,
            "city": self.city,
            "state": self.state,
            "postcode": self.postcode,
            "country": self.country,
            "phone": self.phonenumber,
            "tax_id": self.tax_id,
            "notes": self.notes,
            "custom_fields": orjson.dumps(self.customfields).decode(),
        }


async def add_client(services: Services, call: Call, fields: AddClientFields) -> Done | Refusal:
    """Whoever is to own it must exist already."""
    if fields.owner_user_id is not None and not await services.ledger.client_exists(fields.owner_user_id):
        raise FieldError("owner_user_id", *OWNER_NOT_FOUND)
    currency = await services.ledger.currency(fields.currency)
    if currency is None:
        raise FieldError("currency", *CURRENCY_NOT_FOUND)
    command = OpenAccount(
        currency=currency.code,
        currency_id=currency.currency_id,
        profile=fields.profile(),
        owner_id=fields.owner_user_id,
        group_id=fields.groupid or 0,
        language=fields.language,
        payment_method=fields.paymentmethod.strip(),
        marketing_opt_in=fields.marketingoptin,
        notify=not fields.noemail,
    )
    return await services.ledger.open_account(command, call)


def _answer(fields: AddClientFields, done: Done) -> Body:
    """`owner_id` is undocumented, but live servers send it."""
    opened = next(event for event in done.events if isinstance(event, AccountOpened))
    body = {"clientid": opened.client_id, "owner_id": opened.owner_id}
    return body | {"warning": CARD_WARNING} if fields.has_card else body


ACTION = Action(
    name="addclient",
    fields=AddClientFields,
    run=add_client,
    is_command=True,
    answer=_answer,
    must_exist=(MustExist("owner_user_id", client_is_known, *OWNER_NOT_FOUND),),
)
