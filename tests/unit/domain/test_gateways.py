"""Payment pages and callback secrets of gateways: set, replaced, taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from service.domain import config
from service.domain.events.config import (
    GatewayAdded,
    GatewayCallbackSecretRemoved,
    GatewayCallbackSecretSet,
    GatewayPaymentPageSet,
    GatewayRemoved,
)
from service.domain.gateways import (
    AddGateway,
    CreateCallbackSecret,
    Gateway,
    RemoveCallbackSecret,
    RemoveGateway,
    RotateCallbackSecret,
    SetPaymentPage,
    obsolete_secrets,
)
from service.domain.refusals import Refusal, RefusalCode
from service.handling.configuration_input import payment_page

if TYPE_CHECKING:
    from service.domain.events import Event
    from service.domain.gateways import GatewayCommand

ADDED = GatewayAdded(name="PayPal", display_name="PayPal")
PAGE = "https://pay.example.com/{currency}?n={invoice}&a={amount}"
UNTIL = "2026-11-22T10:00:00Z"


def secret_set(secret_id: str, until: str = "") -> GatewayCallbackSecretSet:
    """The gateway's secret is this one."""
    return GatewayCallbackSecretSet(name="PayPal", secret_id=secret_id, previous_until=until)


def gateways(*events: Event) -> config.ConfigState:
    """The configuration after these."""
    state = config.initial_state()
    for event in (ADDED, *events):
        state = config.evolve(state, event)
    return state


def test_a_page_is_set_and_filled_in() -> None:
    """Any case of the name will do; what is filled in is escaped; "" takes the page away."""
    page_set = GatewayPaymentPageSet(name="PayPal", url=PAGE)
    assert config.decide(gateways(), SetPaymentPage(name="paypal", url=PAGE)) == (page_set,)
    gateway = gateways(page_set).gateways["paypal"]
    assert gateway.page_for(17, "45.50", "€ &") == "https://pay.example.com/%E2%82%AC%20%26?n=17&a=45.50"
    taken = gateways(page_set, GatewayPaymentPageSet(name="PayPal", url=""))
    assert taken.gateways["paypal"].page_for(17, "45.50", "EUR") == ""


def test_a_secret_from_creation_to_removal() -> None:
    """There is one at a time, and after a rotation the one before it for a while."""
    create = CreateCallbackSecret(name="paypal", secret_id="s1")
    rotate = RotateCallbackSecret(name="paypal", secret_id="s2", previous_until=UNTIL)
    remove = RemoveCallbackSecret(name="paypal")
    none = Refusal(RefusalCode.CALLBACK_SECRET_NOT_FOUND, "PayPal")
    assert config.decide(gateways(), rotate) == none
    assert config.decide(gateways(), remove) == none
    assert config.decide(gateways(), create) == (secret_set("s1"),)
    one = gateways(secret_set("s1"))
    assert config.decide(one, create) == Refusal(RefusalCode.CALLBACK_SECRET_EXISTS, "PayPal")
    assert config.decide(one, rotate) == (secret_set("s2", UNTIL),)
    two = gateways(secret_set("s1"), secret_set("s2", UNTIL))
    assert two.gateways["paypal"] == Gateway(
        name="PayPal", display_name="PayPal", secret_id="s2", previous_secret_id="s1", previous_until=UNTIL
    )
    removed = GatewayCallbackSecretRemoved(name="PayPal")
    assert config.decide(two, remove) == (removed,)
    assert config.evolve(two, removed).gateways["paypal"].secret_ids == ()


@pytest.mark.parametrize(
    ("command", "gone"),
    [
        (RotateCallbackSecret(name="paypal", secret_id="s3", previous_until=UNTIL), ("s1",)),
        (RemoveCallbackSecret(name="paypal"), ("s2", "s1")),
        (RemoveGateway(name="PAYPAL"), ("s2", "s1")),
        (CreateCallbackSecret(name="paypal", secret_id="s3"), ()),
        (SetPaymentPage(name="paypal", url=""), ()),
        (RemoveGateway(name="other"), ()),
    ],
)
def test_secrets_that_are_of_no_use_any_more(command: GatewayCommand, gone: tuple[str, ...]) -> None:
    """Are told with the command that makes them so; one that is refused destroys none."""
    state = gateways(secret_set("s1"), secret_set("s2", UNTIL))
    assert obsolete_secrets(state.gateways, command) == gone
    assert obsolete_secrets(gateways().gateways, command) == ()


def test_a_gateway_that_comes_again_has_nothing_of_the_one_before() -> None:
    """Neither its page nor its secret."""
    state = gateways(
        secret_set("s1"), GatewayPaymentPageSet(name="PayPal", url=PAGE), GatewayRemoved(name="PayPal")
    )
    assert config.decide(state, SetPaymentPage(name="paypal", url=PAGE)) == Refusal(
        RefusalCode.GATEWAY_NOT_FOUND, "paypal"
    )
    assert config.decide(state, AddGateway(name="PayPal", display_name="PayPal")) == (ADDED,)
    assert config.evolve(state, ADDED).gateways["paypal"] == Gateway(name="PayPal", display_name="PayPal")


@pytest.mark.parametrize("url", [PAGE, "https://pay.example.com", "", "https://[::1]:8/{amount}"])
def test_a_page_that_can_be(url: str) -> None:
    """An https address, with or without fields in it."""
    assert payment_page("paypal", url) == SetPaymentPage(name="paypal", url=url)


@pytest.mark.parametrize(
    "url",
    [
        "http://pay.example.com/",
        "javascript:alert(1)",
        "pay.example.com",
        "https://",
        "https://user@pay.example.com/",
        "https://pay.example.com/{client}",
        "https://pay.example.com/{",
        "https://pay.example.com/ x",
        'https://pay.example.com/"',
        "https://pay.example.com/ж",
        f"https://pay.example.com/{'x' * 2000}",
    ],
)
def test_a_page_that_cannot_be(url: str) -> None:
    """Is refused in a sentence."""
    with pytest.raises(ValueError, match="address"):
        payment_page("paypal", url)
