"""Facts about how the ledger is configured."""

from __future__ import annotations

from service.domain.events.base import Event
from service.domain.values import value


@value(kw_only=True)
class CurrencyAdded(Event):
    """Accounts may be opened in this currency; the first one added is the default."""

    TYPE = "currency.added"
    currency_id: int
    code: str
    prefix: str
    suffix: str
    format: int
    """1 = 1234.56, 2 = 1,234.56, 3 = 1.234,56, 4 = 1,234."""
    rate: int
    """Hundred-thousandths of the default currency's rate, 100000 = 1.00000."""


@value(kw_only=True)
class GatewayAdded(Event):
    """Clients may choose this payment method; the first one there is, is the default."""

    TYPE = "gateway.added"
    name: str
    """What invoices and payments call it."""
    display_name: str


@value(kw_only=True)
class GatewayRemoved(Event):
    """The payment method is not offered any more; what was paid by it stays as it is."""

    TYPE = "gateway.removed"
    name: str


@value(kw_only=True)
class GatewayPaymentPageSet(Event):
    """Payers are led on to this page of the provider's; "" to none any more."""

    TYPE = "gateway.payment_page_set"
    name: str
    url: str
    """With `{invoice}`, `{amount}` and `{currency}` in it where these belong."""


@value(kw_only=True)
class GatewayCallbackSecretSet(Event):
    """Callbacks of the gateway are signed with a new secret, and until a time perhaps with the one before.

    The secret is sealed beside the log under the name `secret_id`.
    """

    TYPE = "gateway.callback_secret_set"
    name: str
    secret_id: str
    previous_until: str
    """UTC, `YYYY-MM-DDTHH:MM:SSZ`."""


@value(kw_only=True)
class GatewayCallbackSecretRemoved(Event):
    """No callback of the gateway is taken any more."""

    TYPE = "gateway.callback_secret_removed"
    name: str


@value(kw_only=True)
class ClientGroupAdded(Event):
    """Clients may belong to this group."""

    TYPE = "client_group.added"
    group_id: int
    name: str
    colour: str
    """`#28C99B`, "" for none."""
    discount: int
    """Hundredths of a percent, kept for whoever sets prices."""
    suspension_exempt: bool
    separate_invoices: bool


@value(kw_only=True)
class TaxRuleAdded(Event):
    """Taxed lines of clients there bear this rate, unless their invoice names one itself."""

    TYPE = "tax_rule.added"
    tax_rule_id: int
    level: int
    """1 or 2: the first or the second rate of an invoice."""
    name: str
    country: str
    """ISO 3166 alpha-2; "" for all countries."""
    state: str
    """"" for all states of the country."""
    rate: int
    """Thousandths of a percent."""


@value(kw_only=True)
class TaxRuleRemoved(Event):
    """The rule holds no more; its number is never given again."""

    TYPE = "tax_rule.removed"
    tax_rule_id: int


CONFIG_EVENTS: tuple[type[Event], ...] = (
    CurrencyAdded,
    GatewayAdded,
    GatewayRemoved,
    GatewayPaymentPageSet,
    GatewayCallbackSecretSet,
    GatewayCallbackSecretRemoved,
    ClientGroupAdded,
    TaxRuleAdded,
    TaxRuleRemoved,
)
