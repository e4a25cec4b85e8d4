from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from service.domain import config
from service.domain.config import (
    AddClientGroup,
    AddCurrency,
    AddTaxRule,
    RemoveTaxRule,
)
from service.domain.events import CurrencyAdded
from service.domain.events.config import GatewayAdded, GatewayRemoved, TaxRuleAdded, TaxRuleRemoved
from service.domain.gateways import AddGateway, RemoveGateway
from service.domain.refusals import Refusal, RefusalCode
from tests.support.samples import ACCOUNT_OPENED
from tests.support.system_samples import GATEWAY_ADDED, GROUP_ADDED, TAX_RULE_ADDED

if TYPE_CHECKING:
    from service.domain.events import Event

_EUR = CurrencyAdded(currency_id=1, code="EUR", prefix="€", suffix="", format=2, rate=100000)
_ADD_EUR = AddCurrency(code="EUR", prefix="€", suffix="", format=2, rate=100000)
_ADD_TAX = AddTaxRule(level=1, name="VAT", country="DE", state="", rate=19000)


def _config(*events: Event) -> config.ConfigState:
    state = config.initial_state()
    for event in events:
        state = config.evolve(state, event)
    return state


def test_currencies_are_numbered_and_the_first_is_the_default() -> None:
    """Each currency gets the number after the highest; without any there is no default."""
    assert config.decide(_config(), _ADD_EUR) == (_EUR,)
    usd = replace(_EUR, currency_id=2, code="USD")
    assert config.decide(_config(_EUR), replace(_ADD_EUR, code="USD")) == (usd,)
    imported = replace(usd, currency_id=7)
    assert config.decide(_config(_EUR, imported), replace(_ADD_EUR, code="GBP")) == (
        replace(_EUR, currency_id=8, code="GBP"),
    )
    assert _config().default_currency_id == 0
    state = _config(_EUR, usd)
    assert state.default_currency_id == 1
    assert state.currencies == {1: _EUR, 2: usd}


def test_a_currency_is_added_once() -> None:
    """The code is unique, whatever the other fields say."""
    assert config.decide(_config(_EUR), replace(_ADD_EUR, format=1)) == Refusal(
        RefusalCode.CURRENCY_EXISTS, "EUR"
    )


def test_gateways_come_and_go() -> None:
    """A name is offered once, in any case; the first that is left is the default; it may come again."""
    add = AddGateway(name="mailin", display_name="Mail In Payment")
    assert config.decide(_config(), add) == (GATEWAY_ADDED,)
    state = _config(GATEWAY_ADDED, GatewayAdded(name="paypal", display_name="PayPal"))
    assert state.default_gateway == "mailin"
    assert config.decide(state, replace(add, name="MailIn")) == Refusal(RefusalCode.GATEWAY_EXISTS, "MailIn")
    removed = GatewayRemoved(name="mailin")
    assert config.decide(state, RemoveGateway(name="MAILIN")) == (removed,)
    state = config.evolve(state, removed)
    assert state.default_gateway == "paypal"
    assert config.decide(state, RemoveGateway(name="mailin")) == Refusal(
        RefusalCode.GATEWAY_NOT_FOUND, "mailin"
    )
    assert config.decide(state, add) == (GATEWAY_ADDED,)
    assert _config().default_gateway == ""


def test_groups_are_numbered() -> None:
    """A group's name is unique, in any case."""
    add = AddClientGroup(name="Wholesale", colour="#28C99B", discount=1000, suspension_exempt=True)
    assert config.decide(_config(), add) == (GROUP_ADDED,)
    state = _config(GROUP_ADDED)
    assert config.decide(state, replace(add, name="WHOLESALE")) == Refusal(
        RefusalCode.GROUP_EXISTS, "WHOLESALE"
    )
    assert config.decide(state, replace(add, name="Retail")) == (
        replace(GROUP_ADDED, group_id=2, name="Retail"),
    )


def test_a_tax_rule_is_the_only_one_of_its_place_and_level() -> None:
    """Two rules for one place would leave open which one holds; another level or place is another rule."""
    assert config.decide(_config(), _ADD_TAX) == (TAX_RULE_ADDED,)
    state = _config(TAX_RULE_ADDED)
    assert config.decide(state, replace(_ADD_TAX, rate=7000)) == Refusal(RefusalCode.TAX_RULE_EXISTS, "1")
    for other in (replace(_ADD_TAX, level=2), replace(_ADD_TAX, state="Bavaria")):
        (added,) = config.decide(state, other)  # type: ignore[misc] # it is not refused
        assert isinstance(added, TaxRuleAdded)
        assert added.tax_rule_id == 2


def test_a_removed_tax_rule_is_gone_for_good() -> None:
    """Its number is not given again."""
    removed = TaxRuleRemoved(tax_rule_id=1)
    assert config.decide(_config(TAX_RULE_ADDED), RemoveTaxRule(tax_rule_id=1)) == (removed,)
    state = _config(TAX_RULE_ADDED, removed)
    assert config.decide(state, RemoveTaxRule(tax_rule_id=1)) == Refusal(RefusalCode.TAX_RULE_NOT_FOUND, "1")
    assert state.tax_rate(1, "DE", "") == 0
    assert config.decide(state, _ADD_TAX) == (replace(TAX_RULE_ADDED, tax_rule_id=2),)


@pytest.mark.parametrize(
    ("level", "country", "state", "rate"),
    [
        (1, "DE", "", 19000),
        (1, "de", "Hessen", 19000),
        (1, "US", "ny ", 8875),
        (1, "US", "Ohio", 4000),
        (1, "FR", "Ohio", 1000),
        (1, "IT", "", 1000),
        (1, "", "", 1000),
        (2, "US", "NY", 0),
        (2, "DE", "Bavaria", 500),
    ],
)
def test_the_nearest_tax_rule_holds(level: int, country: str, state: str, rate: int) -> None:
    """A rule for the state comes before one for the country, that before one for all; levels are apart."""
    rules = [
        (1, "", "", 1000),
        (1, "DE", "", 19000),
        (1, "US", "NY", 8875),
        (1, "US", "", 4000),
        (2, "DE", "Bavaria", 500),
        (2, "IT", "", 300),
    ]
    events = [
        TaxRuleAdded(tax_rule_id=number, level=of, name="", country=where, state=part, rate=much)
        for number, (of, where, part, much) in enumerate(rules, 1)
    ]
    assert _config(*events).tax_rate(level, country, state) == rate


def test_an_event_of_another_stream_is_an_error() -> None:
    """A fold never skips what it does not know."""
    with pytest.raises(TypeError, match="AccountOpened"):
        config.evolve(config.initial_state(), ACCOUNT_OPENED)
