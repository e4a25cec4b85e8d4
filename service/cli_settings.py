"""Settings as flags: one option per field of `Settings`, with its own description, and --config FILE."""

from __future__ import annotations

import functools
import os
from tomllib import TOMLDecodeError
from typing import TYPE_CHECKING, Any

import click
from pydantic import ValidationError

from service.settings import CONFIG_FILE_VARIABLE, Settings

if TYPE_CHECKING:
    from collections.abc import Callable


def settings_options(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command flags for the settings named (all, if none is) and pass it `settings` first.

    Settings without a flag here still come from environment and file.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def with_settings(config: str | None, **given: Any) -> None:
            values = {name: given.pop(name) for name in fields}
            if config:
                os.environ[CONFIG_FILE_VARIABLE] = config
            command(_settings({name: value for name, value in values.items() if value is not None}), **given)

        wrapped: Callable[..., None] = with_settings
        for name in reversed(fields):
            flag = f"--{name.replace('_', '-')}"
            wrapped = click.option(flag, name, metavar=_metavar(name), help=_help(name))(wrapped)
        return click.option(
            "--config", metavar="FILE", type=click.Path(exists=True, dir_okay=False), help="Settings as TOML."
        )(wrapped)

    fields = names or tuple(Settings.model_fields)
    return decorate


def _settings(given: dict[str, Any]) -> Settings:
    path = os.environ.get(CONFIG_FILE_VARIABLE)
    if path and not os.path.isfile(path):  # noqa: PTH113 -- a string is all there is
        raise click.UsageError(f"the settings file {path} does not exist")
    try:
        return Settings(**given)
    except TOMLDecodeError as error:
        raise click.UsageError(f"the settings file {path} is not TOML: {error}") from error
    except ValidationError as error:
        lines = [
            f"\n  {': '.join([*map(str, problem['loc'][:1]), problem['msg']])}" for problem in error.errors()
        ]
        raise click.UsageError(f"these settings cannot be used:{''.join(lines)}") from error


def _metavar(name: str) -> str:
    unit = name.rsplit("_", maxsplit=1)[-1]
    return {"s": "SECONDS", "ms": "MILLISECONDS", "data": "FOLDER", "dsn": "DSN"}.get(unit, "VALUE")


def _help(name: str) -> str:
    field = Settings.model_fields[name]
    default = field.get_default(call_default_factory=True, validated_data={})
    has_none = default is None or not str(default)
    return f"{field.description}" + ("" if has_none else f"  [default: {default}]")
