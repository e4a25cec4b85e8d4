"""Settings that are more than a number: what is taken, and the sentence for what is not."""

from __future__ import annotations

from collections import Counter

import pytest
from pydantic import SecretStr, ValidationError

from service.settings import Settings

THERE = {"upstream_identifier": "id", "upstream_secret": "hush"}


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ("", ""),
        ("/", ""),
        ("billing", "/billing"),
        ("/billing/", "/billing"),
        ("//a//b.c-d_e~", "/a/b.c-d_e~"),
    ],
)
def test_the_base_path_has_one_form(given: str, path: str) -> None:
    """However it is written, it is put before `/includes/api.php` as it is."""
    assert Settings(base_path=given).base_path == path


@pytest.mark.parametrize("given", ["/a b", "/é", "/a?b", "/a#b", "/../a", "/.", "http://x/a", "/a%20b"])
def test_what_is_no_base_path(given: str) -> None:
    """Anything that could be another path on its way through a proxy."""
    with pytest.raises(ValidationError, match="plain path"):
        Settings(base_path=given)


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("billing.example.com", "must be like"),
        ("ftp://billing.example.com/includes/api.php", "must be like"),
        ("https:///includes/api.php", "must be like"),
        ("https://billing.example.com/includes/api.php?secret=x", "must be like"),
        ("https://billing.example.com/#x", "must be like"),
        ("https://id:hush@billing.example.com/includes/api.php", "must not hold"),
    ],
)
def test_what_is_no_upstream(url: str, complaint: str) -> None:
    """A URL with a credential in it would be logged by somebody some day."""
    with pytest.raises(ValidationError, match=complaint):
        Settings.model_validate({"upstream_url": url, **THERE})


def test_an_upstream_needs_a_credential() -> None:
    """Said at the start, not with the first request."""
    url = "https://billing.example.com/includes/api.php"
    with pytest.raises(ValidationError, match="needs upstream_identifier and upstream_secret"):
        Settings(upstream_url=url, upstream_identifier="id")
    settings = Settings(upstream_url=url, upstream_identifier="id", upstream_secret=SecretStr("hush"))
    assert "hush" not in repr(settings)
    assert Settings.model_validate_json(settings.as_json()) == settings


def test_a_jira_needs_a_project_and_a_token() -> None:
    """And its URL is one, without a credential in it."""
    given = {"jira_url": "https://jira.example.com/jira", "jira_project": "OPS", "jira_token": "hush"}
    settings = Settings.model_validate(given)
    assert "hush" not in repr(settings)
    for wrong, complaint in (
        ({"jira_token": ""}, "needs jira_project and jira_token"),
        ({"jira_project": ""}, "needs jira_project and jira_token"),
        ({"jira_project": 'O" OR "1'}, "pattern"),
        ({"jira_url": "jira.example.com"}, "JIRA URL must be like"),
        ({"jira_url": "https://u:p@jira.example.com"}, "must not hold"),
    ):
        with pytest.raises(ValidationError, match=complaint):
            Settings.model_validate(given | wrong)


def test_no_part_of_the_settings_overrides_another() -> None:
    """Settings and checks of all parts have names of their own; of two alike one would silently be gone."""
    parts = [part for part in Settings.__mro__ if part.__module__.startswith("service.")]
    names = Counter(
        name
        for part in parts
        for name in {*vars(part), *vars(part).get("__annotations__", {})}
        if not name.startswith("__") and name not in {"_abc_impl", "model_config"}
    )
    assert len(parts) > 1
    assert [name for name, count in names.items() if count > 1] == []


def test_a_mail_server_needs_a_sender_and_keeps_its_password() -> None:
    """A password goes with a user, over TLS unless the server is on this machine, and is never shown."""
    given = {"smtp_host": "mail.example.com", "smtp_from": "billing@example.com"}
    login = {"smtp_user": "ledger", "smtp_password": "hush"}
    settings = Settings.model_validate(given | login)
    assert "hush" not in repr(settings)
    assert Settings.model_validate_json(settings.as_json()) == settings
    assert Settings.model_validate({**given, **login, "smtp_tls": "none", "smtp_host": "127.0.0.1"})
    for wrong, complaint in (
        ({"smtp_from": ""}, "needs smtp_from"),
        ({"smtp_from": "Billing <billing@example.com>\r\nBcc: x@example.com"}, "plain address"),
        ({"smtp_user": "ledger"}, "go together"),
        ({"smtp_password": "hush"}, "go together"),
        ({**login, "smtp_tls": "none"}, "in clear"),
        ({"invapi_reset_url": "https://panel.example.com/reset"}, "where the token comes"),
        ({"invapi_reset_url": "javascript:{token}"}, "where the token comes"),
        ({"invapi_reset_url": "http://panel.example.com/reset?token={token}"}, "in clear"),
    ):
        with pytest.raises(ValidationError, match=complaint):
            Settings.model_validate(given | wrong)


@pytest.mark.parametrize(
    "url",
    ["billing.example.com", "ftp://x", "https://", "https://id:hush@x", "https://x/?a", "https://x/#a"],
)
def test_what_is_no_public_url(url: str) -> None:
    """Payers could not follow it, or it would give something away."""
    with pytest.raises(ValidationError, match="public URL"):
        Settings(public_url=url)


def test_what_signs_payment_links_is_a_secret() -> None:
    """A key that can be guessed is refused; a good one is never shown, but handed to worker processes."""
    with pytest.raises(ValidationError, match="32 characters"):
        Settings(payment_link_key=SecretStr("hush" * 7))
    settings = Settings(payment_link_key=SecretStr("hush" * 8), public_url="https://billing.example.com/b/")
    assert settings.public_url == "https://billing.example.com/b"
    assert "hush" not in repr(settings)
    assert Settings.model_validate_json(settings.as_json()) == settings
