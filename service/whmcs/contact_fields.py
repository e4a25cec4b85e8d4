"""What AddContact and UpdateContact share: the parameters, and what is said of sub-accounts.

A contact that is to be a sub-account (old clients ask for it with `subaccount`, `permissions` or `password2`)
stays a contact, and its e-mail address must be unique; WHMCS 8 warns. Passwords are neither used nor kept.
Sources: WHMCS API reference, AddContact and UpdateContact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field, PlainValidator
from pydantic_core import PydanticCustomError

from service.http.form import is_true, text_of
from service.http.values import NAME_BYTES_MAX, is_email
from service.whmcs.fields import Flag, PartialFields
from service.whmcs.person_fields import MAIL_PATTERNS, read_mail_flags
from service.whmcs.reading import check_text, text_up_to

if TYPE_CHECKING:
    from typing import Self

    from service.http.php_arrays import Form


def _line(name: str) -> PlainValidator:
    return PlainValidator(lambda value: check_text(value, NAME_BYTES_MAX, name).strip())


def _email(value: object) -> str:
    text = check_text(value, NAME_BYTES_MAX, "email").strip()
    if text and not is_email(text):
        # WHMCS documents no text for contacts; this is the one of UpdateClient.
        raise PydanticCustomError("email_not_valid", "The email address entered is not valid")
    return text


class ContactFields(PartialFields):
    """Of what is not given a new contact has nothing, and one that there is keeps what it has."""

    firstname: Annotated[str | None, _line("firstname")] = None
    lastname: Annotated[str | None, _line("lastname")] = None
    companyname: Annotated[str | None, _line("companyname")] = None
    email: Annotated[str | None, PlainValidator(_email)] = None
    address1: Annotated[str | None, _line("address1")] = None
    address2: Annotated[str | None, _line("address2")] = None
    city: Annotated[str | None, _line("city")] = None
    state: Annotated[str | None, _line("state")] = None
    postcode: Annotated[str | None, _line("postcode")] = None
    country: Annotated[str | None, text_up_to(NAME_BYTES_MAX, "country")] = None
    phonenumber: Annotated[str | None, _line("phonenumber")] = None
    tax_id: Annotated[str | None, _line("tax_id")] = None
    subaccount: Flag = False
    permissions: Annotated[str, text_up_to(NAME_BYTES_MAX, "permissions")] = ""
    mail_flags: Annotated[dict[str, bool], PlainValidator(read_mail_flags)] = Field(default_factory=dict)
    """Not a parameter: gathered from those that say which e-mails the contact gets."""
    is_subaccount: Flag = False
    """Not a parameter: whether anything was said as one says it of a sub-account."""

    gathered: ClassVar[dict[str, dict[str, dict[str, str]]]] = {
        "mail_flags": MAIL_PATTERNS,
        "is_subaccount": {},
    }

    @classmethod
    def read(cls, form: Form) -> Self:
        """What is said of e-mails is gathered first; of a password only that there was one."""
        is_subaccount = is_true(text_of(form, "subaccount")) or any(
            [text_of(form, "password2"), form.get("permissions")]
        )
        return super().read({**form, "mail_flags": form, "is_subaccount": "1" if is_subaccount else ""})
