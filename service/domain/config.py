"""The ledger's configuration, stream `config`: currencies, payment gateways, client groups and tax rules.

State, commands, decider and fold together, as they are this small; those of gateways are in `gateways`. Pure;
anyone above the domain may import it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from service.domain.events.config import ClientGroupAdded, CurrencyAdded, TaxRuleAdded, TaxRuleRemoved
from service.domain.gateways import GatewayCommand, GatewayEvent, decide_gateway, evolve_gateways
from service.domain.refusals import Refusal, RefusalCode
from service.domain.values import value

if TYPE_CHECKING:
    from service.domain.events import Event
    from service.domain.gateways import Gateway


@value(kw_only=True)
class AddCurrency:
    """Let accounts be opened in a currency. Fields as in `CurrencyAdded`, `code` in capital letters."""

    code: str
    prefix: str
    suffix: str
    format: int
    rate: int


@value(kw_only=True)
class AddClientGroup:
    """Make a group that clients may belong to. Fields as in `ClientGroupAdded`."""

    name: str
    colour: str = ""
    discount: int = 0
    suspension_exempt: bool = False
    separate_invoices: bool = False


@value(kw_only=True)
class AddTaxRule:
    """Tax clients of a country and state, or of all. Fields as in `TaxRuleAdded`."""

    level: int
    name: str
    country: str
    state: str
    rate: int


@value(kw_only=True)
class RemoveTaxRule:
    """Tax by a rule no more."""

    tax_rule_id: int


ConfigCommand = AddCurrency | GatewayCommand | AddClientGroup | AddTaxRule | RemoveTaxRule


@dataclass(slots=True)
class ConfigState:
    """What there is, oldest first, each as its event tells it, and the highest rule number ever given."""

    currencies: dict[int, CurrencyAdded] = field(default_factory=dict)
    gateways: dict[str, Gateway] = field(default_factory=dict)
    """By names in folded case."""
    groups: dict[int, ClientGroupAdded] = field(default_factory=dict)
    tax_rules: dict[int, TaxRuleAdded] = field(default_factory=dict)
    last_tax_rule_id: int = 0

    @property
    def default_currency_id(self) -> int:
        """The first currency added, 0 before there is one."""
        return next(iter(self.currencies), 0)

    @property
    def default_gateway(self) -> str:
        """The name of the first gateway there is, "" if there is none."""
        return next((gateway.name for gateway in self.gateways.values()), "")

    def currency(self, code: str) -> CurrencyAdded:
        """The currency of an account. Raises StopIteration for a code that no account can have."""
        return next(currency for currency in self.currencies.values() if currency.code == code)

    def tax_rate(self, level: int, country: str, state: str) -> int:
        """The rate at this level for a client there, thousandths of a percent; 0 if no rule fits.

        A rule for the state comes before one for the country, and that before one for all countries.
        """
        rates = {_place(rule): rule.rate for rule in self.tax_rules.values() if rule.level == level}
        folded = country.casefold(), state.strip().casefold()
        for place in (folded, (folded[0], ""), ("", "")):
            if place in rates:
                return rates[place]
        return 0


def initial_state() -> ConfigState:
    """The configuration of a ledger without a history."""
    return ConfigState()


def decide(state: ConfigState, command: ConfigCommand) -> tuple[Event, ...] | Refusal:
    """The one event of the command; what is there already or is not there is refused."""
    decided: Event | Refusal
    if isinstance(command, GatewayCommand):
        decided = decide_gateway(state.gateways, command)
        return decided if isinstance(decided, Refusal) else (decided,)
    match command:
        case AddCurrency():
            decided = _add_currency(state, command)
        case AddClientGroup():
            decided = _add_group(state, command)
        case AddTaxRule():
            decided = _add_tax_rule(state, command)
        case RemoveTaxRule():
            decided = _remove_tax_rule(state, command)
    return decided if isinstance(decided, Refusal) else (decided,)


def evolve(state: ConfigState, event: Event) -> ConfigState:
    """Apply one event to `state` itself and return it. Raises TypeError for an event of another stream."""
    if isinstance(event, GatewayEvent):
        evolve_gateways(state.gateways, event)
        return state
    match event:
        case CurrencyAdded():
            state.currencies[event.currency_id] = event
        case ClientGroupAdded():
            state.groups[event.group_id] = event
        case TaxRuleAdded():
            state.tax_rules[event.tax_rule_id] = event
            state.last_tax_rule_id = event.tax_rule_id
        case TaxRuleRemoved():
            del state.tax_rules[event.tax_rule_id]
        case _:
            raise TypeError(f"the configuration cannot apply the event {event!r}")
    return state


def _add_currency(state: ConfigState, command: AddCurrency) -> Event | Refusal:
    if any(currency.code == command.code for currency in state.currencies.values()):
        return Refusal(RefusalCode.CURRENCY_EXISTS, command.code)
    return CurrencyAdded(
        currency_id=max(state.currencies, default=0) + 1,
        code=command.code,
        prefix=command.prefix,
        suffix=command.suffix,
        format=command.format,
        rate=command.rate,
    )


def _add_group(state: ConfigState, command: AddClientGroup) -> Event | Refusal:
    if any(group.name.casefold() == command.name.casefold() for group in state.groups.values()):
        return Refusal(RefusalCode.GROUP_EXISTS, command.name)
    return ClientGroupAdded(
        group_id=max(state.groups, default=0) + 1,
        name=command.name,
        colour=command.colour,
        discount=command.discount,
        suspension_exempt=command.suspension_exempt,
        separate_invoices=command.separate_invoices,
    )


def _add_tax_rule(state: ConfigState, command: AddTaxRule) -> Event | Refusal:
    """One rule per level and place: which of two would hold could only be guessed."""
    added = TaxRuleAdded(
        tax_rule_id=state.last_tax_rule_id + 1,
        level=command.level,
        name=command.name,
        country=command.country,
        state=command.state,
        rate=command.rate,
    )
    for rule in state.tax_rules.values():
        if rule.level == added.level and _place(rule) == _place(added):
            return Refusal(RefusalCode.TAX_RULE_EXISTS, str(rule.tax_rule_id))
    return added


def _remove_tax_rule(state: ConfigState, command: RemoveTaxRule) -> Event | Refusal:
    if command.tax_rule_id not in state.tax_rules:
        return Refusal(RefusalCode.TAX_RULE_NOT_FOUND, str(command.tax_rule_id))
    return TaxRuleRemoved(tax_rule_id=command.tax_rule_id)


def _place(rule: TaxRuleAdded) -> tuple[str, str]:
    return rule.country.casefold(), rule.state.casefold()
