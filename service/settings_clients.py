"""The settings about what clients see themselves: the Invapi protocol, their invoices on paper, and paying.

A part of `settings.Settings`, which alone is used; see there.
"""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import DirectoryPath, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]
KEY_CHARACTERS_MIN = 32
"""Of what signs links: 128 bits even if it is written in hexadecimal."""


class ClientSettings(BaseSettings):
    """How the ledger meets the clients themselves."""

    invapi_location: str = Field(
        "whmcs_com",
        pattern=r"^[A-Za-z0-9_.-]{1,64}$",
        description="What this ledger is called as a billing location of Invapi.",
    )
    invapi_token_ttl_s: Count = Field(3600, description="How long a token holds whose login does not say.")
    invapi_token_ttl_max_s: Count = Field(86_400, description="How long a token holds at most.")
    invapi_tokens_max: Count = Field(
        1000, description="Tokens of one key; past it those end first that would anyway."
    )
    invapi_add_funds_min: int = Field(
        20, ge=0, description="Least that create_addfunds takes, in whole units of the client's currency."
    )
    invapi_client_result: Literal["OK", "success"] = Field(
        "OK", description="`result` of get_client: HOSTKEY documents OK, its reseller module takes success."
    )
    invapi_bank_details: str = Field(
        "", description="What getpaymentgw tells of `banktransfer`; without, it offers none."
    )

    jira_url: str | None = Field(
        None, description="A JIRA (Data Center, REST API 2) in which request_subscription_cancellation asks."
    )
    jira_user: str = Field("", description="User there; without, the token is a personal access token.")
    jira_token: SecretStr = Field(SecretStr(""), description="Token or password there.")
    jira_project: str = Field(
        "", pattern=r"^([A-Z][A-Z0-9_]*)?$", description="Key of the project that tickets are made in."
    )
    jira_issue_type: str = Field("Task", description="Issue type of these tickets.")
    jira_timeout_s: Seconds = Field(
        5.0, description="How long each of at most three calls may take, connecting included."
    )

    seller_name: str = Field("", description="Who sends the invoices, as their PDF says.")
    seller_address: str = Field("", description="Its address there; a semicolon or a line break ends a line.")
    seller_tax_number: str = Field("", description="Its tax number there.")
    invoice_pdf_fonts: DirectoryPath | None = Field(
        None,
        description="Folder with fonts for scripts other than Latin, Greek and Cyrillic, which come with it.",
    )
    invoice_pdf_lines_max: Count = Field(5000, description="Lines of an invoice that is made into a PDF.")
    invoice_pdf_waiting_max: Count = Field(
        16, description="Invoices made into PDF or waiting for it; past it callers get 503."
    )

    public_url: str = Field(
        "", description="URL of this service for payers, as https://billing.example.com, base path included."
    )
    payment_link_key: SecretStr = Field(
        SecretStr(""),
        description="Secret of 32 characters or more that signs payment links; without, there are none.",
    )
    payment_link_ttl_s: Count = Field(86_400, description="How long a payment link holds.")
    payment_callback_overlap_s: Seconds = Field(
        86_400.0,
        le=31_536_000,
        description="How long the callback secret before still counts after a rotation.",
    )

    @field_validator("public_url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and (parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc):
            raise ValueError("the public URL must be like https://billing.example.com")
        if parts.query or parts.fragment:
            raise ValueError("the public URL must not have a query")
        return url.rstrip("/")

    @field_validator("payment_link_key")
    @classmethod
    def _cannot_be_guessed(cls, key: SecretStr) -> SecretStr:
        if 0 < len(key.get_secret_value()) < KEY_CHARACTERS_MIN:
            raise ValueError(f"a key has {KEY_CHARACTERS_MIN} characters or more")
        return key
