"""UpdateClient: changes what is given of a client. Source: WHMCS API reference, UpdateClient.

A parameter that is absent changes nothing, an empty one makes empty. Passwords, security answers, card and
bank data and the caller's address are neither used nor kept; `credit`, which old clients send, is ignored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

import orjson
import structlog
from pydantic import Field, PlainValidator
from pydantic_core import PydanticCustomError

from service.domain.client_commands import ChangeAccount
from service.domain.clients import STATUSES
from service.domain.refusals import Refusal, RefusalCode
from service.http.form import text_of
from service.http.values import NAME_BYTES_MAX, TEXT_BYTES_MAX, read_id, text_in
from service.whmcs.action import Action, MustExist, client_is_known
from service.whmcs.add_client import CARD_PARAMETERS, CARD_WARNING, CURRENCY_NOT_FOUND
from service.whmcs.fields import FieldError, Flag, PartialFields
from service.whmcs.person_fields import (
    MAIL_PATTERNS,
    profile_of,
    read_country,
    read_custom_fields,
    read_mail_flags,
    read_new_email,
    read_phone,
    required,
)
from service.whmcs.reading import CLIENT_NOT_FOUND, id_or, optional, text_up_to

if TYPE_CHECKING:
    from typing import Self

    from service.domain.events import Profile
    from service.handling.answers import Call, Done
    from service.http.php_arrays import Form
    from service.whmcs.encoder import Body
    from service.whmcs.ports import Services

_log = structlog.get_logger(__name__)

FLAGS = {
    "taxexempt": "tax_exempt",
    "latefeeoveride": "late_fee_override",
    "overideduenotices": "overdue_notices_override",
    "separateinvoices": "separate_invoices",
    "disableautocc": "no_card_charges",
    "overrideautoclose": "no_auto_close",
}
"""What the ledger calls an account's settings; the spelling on the left is WHMCS's."""

_STATUSES = {status.lower(): status for status in STATUSES}


def _stripped(value: object) -> str:
    return text_in(value).strip()


def _status(value: object) -> str:
    text = _stripped(value)
    if text.lower() not in _STATUSES:
        raise PydanticCustomError("status_not_valid", "Invalid status {status}", {"status": text})
    return _STATUSES[text.lower()]


class UpdateClientFields(PartialFields):
    """In the order of AddClient's documented errors. The number wins over the address."""

    clientid: Annotated[int | None, optional(id_or(*CLIENT_NOT_FOUND))] = None
    clientemail: Annotated[str, PlainValidator(_stripped)] = ""
    skipvalidation: Flag = False
    firstname: Annotated[str | None, required("firstname", "You did not enter your first name")] = None
    lastname: Annotated[str | None, required("lastname", "You did not enter your last name")] = None
    email: Annotated[str | None, PlainValidator(read_new_email)] = None
    address1: Annotated[str | None, required("address1", "You did not enter your  address line 1")] = None
    city: Annotated[str | None, required("city", "You did not enter your city")] = None
    state: Annotated[str | None, required("state", "You did not enter your state")] = None
    postcode: Annotated[str | None, required("postcode", "You did not enter your postcode")] = None
    country: Annotated[str | None, required("country", "Valid country required", read_country)] = None
    phonenumber: Annotated[
        str | None, required("phonenumber", "You did not enter your phone number", read_phone)
    ] = None
    customfields: Annotated[dict[str, str], PlainValidator(read_custom_fields)] = Field(default_factory=dict)
    currency: Annotated[int | None, optional(id_or(*CURRENCY_NOT_FOUND))] = None
    status: Annotated[str | None, optional(_status)] = None
    companyname: Annotated[str | None, text_up_to(NAME_BYTES_MAX, "companyname")] = None
    address2: Annotated[str | None, text_up_to(NAME_BYTES_MAX, "address2")] = None
    tax_id: Annotated[str | None, text_up_to(NAME_BYTES_MAX, "tax_id")] = None
    notes: Annotated[str | None, text_up_to(TEXT_BYTES_MAX, "notes")] = None
    groupid: Annotated[int | None, PlainValidator(lambda value: read_id(value) or 0)] = None
    language: Annotated[str | None, text_up_to(NAME_BYTES_MAX, "language")] = None
    paymentmethod: Annotated[str | None, text_up_to(NAME_BYTES_MAX, "paymentmethod")] = None
    marketingoptin: Flag | None = None
    taxexempt: Flag | None = None
    latefeeoveride: Flag | None = None
    overideduenotices: Flag | None = None
    separateinvoices: Flag | None = None
    disableautocc: Flag | None = None
    overrideautoclose: Flag | None = None
    mail_flags: Annotated[dict[str, bool], PlainValidator(read_mail_flags)] = Field(default_factory=dict)
    """Not a parameter: gathered from those that say which e-mails the client gets."""
    has_card: Flag = False
    """Not a parameter: whether there was any card or bank data."""
    has_credit: Flag = False
    """Not a parameter: whether a balance was sent, which once could be set like that."""

    gathered: ClassVar[dict[str, dict[str, dict[str, str]]]] = {
        "mail_flags": MAIL_PATTERNS,
        "has_card": {},
        "has_credit": {},
    }

    @classmethod
    def read(cls, form: Form) -> Self:
        """What is said of e-mails is gathered; all that is learnt of card data is that there was some."""
        has_card = "".join(text_of(form, name) for name in CARD_PARAMETERS)
        has_credit = "1" if form.get("credit") else ""
        return super().read({**form, "mail_flags": form, "has_card": has_card, "has_credit": has_credit})

    def profile(self) -> Profile:
        """The personal data that changes."""
        custom = {"custom_fields": orjson.dumps(self.customfields).decode()} if self.customfields else {}
        return profile_of(self) | custom

    def flags(self) -> dict[str, bool]:
        """The settings that change."""
        said = {ledger: getattr(self, wire) for wire, ledger in FLAGS.items()}
        return {name: flag for name, flag in said.items() if flag is not None} | self.mail_flags


async def update_client(services: Services, call: Call, fields: UpdateClientFields) -> Done | Refusal:
    """The client is named by number or by address."""
    client_id = await _client_id(services, fields)
    if client_id is None:
        return Refusal(RefusalCode.CLIENT_NOT_FOUND)
    command = ChangeAccount(
        profile=fields.profile(),
        currency=await _currency(services, fields),
        status=fields.status,
        group_id=fields.groupid,
        language=fields.language,
        payment_method=None if fields.paymentmethod is None else fields.paymentmethod.strip(),
        marketing_opt_in=fields.marketingoptin,
        flags=fields.flags(),
    )
    if fields.has_credit:
        # Its caller believes that the balance is now another: the operator should hear of it.
        _log.warning("credit ignored", action="updateclient", request_id=call.request_id, client_id=client_id)
    return await services.clients.accounts.change(client_id, command, call)


def _answer(fields: UpdateClientFields, done: Done) -> Body:
    """`clientid` comes back as text."""
    body = {"clientid": str(done.client_id)}
    return body | {"warning": CARD_WARNING} if fields.has_card else body


async def _client_id(services: Services, fields: UpdateClientFields) -> int | None:
    if fields.clientid is not None:
        return fields.clientid
    return await services.ledger.client_by_email(fields.clientemail) if fields.clientemail else None


async def _currency(services: Services, fields: UpdateClientFields) -> str | None:
    if fields.currency is None:
        return None
    currency = await services.ledger.currency(fields.currency)
    if currency is None:
        raise FieldError("currency", *CURRENCY_NOT_FOUND)
    return currency.code


ACTION = Action(
    name="updateclient",
    fields=UpdateClientFields,
    run=update_client,
    is_command=True,
    answer=_answer,
    must_exist=(MustExist("clientid", client_is_known, *CLIENT_NOT_FOUND),),
)
