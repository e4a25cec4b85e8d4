"""The OpenAPI document of the actions that are served, made of their fields, so that it cannot say otherwise.

Lives here: how kinds of fields look as JSON schemas. All actions share one URL, so each is one of the bodies
that it takes, told apart by `action`. Only the routes import it.
"""

from __future__ import annotations

import sys
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from pydantic import WithJsonSchema

from service.handling.time_travel import Clock
from service.http.idempotency import FIELD, HEADER, KEY_CHARACTERS_MAX
from service.http.values import ID_MAX
from service.whmcs.actions import ACTIONS
from service.whmcs.as_of import CLOCK, LOCAL_TIME_PATTERN, MOMENT, POSITION
from service.whmcs.known_actions import ACTION_NAMES

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from service.whmcs.action import AnyAction

Schema = dict[str, Any]

_KEY: Schema = {"type": "string", "minLength": 1, "maxLength": KEY_CHARACTERS_MAX}
_TEXT: Schema = {"type": "string"}
_RESPONSES = {
    "400": "No action, an unknown one, or a request that cannot be read",
    "403": "The caller is not let in, or may not do this",
    "409": "The idempotency key came with another request before",
    "413": "The request is too large",
    "500": "A defect of the server",
    "503": "The server is busy or its database does not answer; try again",
}
_AS_OF: Schema = {
    MOMENT: {
        "description": "Answer as of then: a day up to its end, or a time; without offset in local time.",
        "anyOf": [
            {"type": "string", "format": "date"},
            {"type": "string", "format": "date-time"},
            {"type": "string", "pattern": LOCAL_TIME_PATTERN},
        ],
    },
    POSITION: {
        "description": "Answer as of this event; instead of asof.",
        "type": "integer",
        "minimum": 1,
        "maximum": ID_MAX,
    },
    CLOCK: {
        "description": "recorded: what was known then. effective: what is known now about then, by dates.",
        "type": "string",
        "enum": [clock.value for clock in Clock],
        "default": Clock.RECORDED.value,
    },
}
_CALLER: Schema = {
    "description": "Identifier and secret, under these names or as username and password.",
    "type": "object",
    "properties": {
        "identifier": _TEXT,
        "secret": {"type": "string", "format": "password"},
        "username": _TEXT,
        "password": {"type": "string", "format": "password"},
        "accesskey": {"type": "string", "format": "password"},
        "responsetype": {"type": "string", "enum": ["json", "xml", "nvp"]},
    },
    "anyOf": [{"required": ["identifier", "secret"]}, {"required": ["username", "password"]}],
}
_ANSWER: Schema = {
    "description": "What else is in it is documented with each action by WHMCS.",
    "type": "object",
    "required": ["result"],
    "properties": {"result": {"const": "success"}},
}
_ERROR: Schema = {
    "type": "object",
    "required": ["result", "message"],
    "properties": {"result": {"const": "error"}, "message": _TEXT},
}


def document(path: str) -> Schema:
    """The document for an endpoint at this path."""
    schemas: Schema = {"Caller": _CALLER, "Answer": _ANSWER, "Error": _ERROR}
    schemas |= {ACTION_NAMES[name]: _body(action) for name, action in sorted(ACTIONS.items())}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "creditledger",
            "version": "1",
            "description": "The actions of the WHMCS API that this server carries out itself. "
            "Names of actions may be written in any case; unknown parameters are ignored.",
        },
        "paths": {path: {"post": _operation()}},
        "components": {"schemas": schemas},
    }


def _operation() -> Schema:
    references = {ACTION_NAMES[name]: _reference(ACTION_NAMES[name]) for name in sorted(ACTIONS)}
    body: Schema = {
        "oneOf": list(references.values()),
        "discriminator": {
            "propertyName": "action",
            "mapping": {name: reference["$ref"] for name, reference in references.items()},
        },
    }
    answers = {"oneOf": [_reference("Answer"), _reference("Error")]}
    return {
        "operationId": "call",
        "parameters": [
            {"name": HEADER, "in": "header", "schema": _KEY},
            {"name": "X-Request-Id", "in": "header", "schema": _TEXT},
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/x-www-form-urlencoded": {"schema": body},
                "multipart/form-data": {"schema": body},
            },
        },
        "responses": {
            "200": _response("Carried out, or refused by a rule of the business", answers),
            **{status: _response(what, _reference("Error")) for status, what in _RESPONSES.items()},
        },
    }


def _response(description: str, schema: Schema) -> Schema:
    return {
        "description": description,
        "content": {
            "application/json": {"schema": schema},
            "application/xml": {"schema": _TEXT},
            "text/plain": {"schema": _TEXT},
        },
    }


def _reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _body(action: AnyAction) -> Schema:
    properties: Schema = {"action": {"const": ACTION_NAMES[action.name]}}
    patterns: Schema = {}
    for name, field in action.fields.model_fields.items():
        if name in action.fields.gathered:
            patterns |= action.fields.gathered[name]
        else:
            properties[name] = _field(field)
    if action.is_command:
        properties[FIELD] = _KEY
    elif action.has_past:
        properties |= _AS_OF
    required = [name for name, field in action.fields.model_fields.items() if field.is_required()]
    parameters: Schema = {"type": "object", "properties": properties, "required": ["action", *required]}
    if patterns:
        parameters["patternProperties"] = patterns
    about = sys.modules[action.run.__module__].__doc__ or ""
    return {
        "description": " ".join(about.partition("Source:")[0].split()),
        "allOf": [_reference("Caller"), parameters],
    }


def _field(field: FieldInfo) -> Schema:
    schema = _kind(field)
    default = field.default.value if isinstance(field.default, Enum) else field.default
    if not field.is_required() and isinstance(default, bool | str) and default != "":
        schema["default"] = default
    return schema


def _kind(field: FieldInfo) -> Schema:
    """What is sent, which is always text: of what kind that is."""
    for told in field.metadata:
        if isinstance(told, WithJsonSchema) and told.json_schema is not None:
            return dict(told.json_schema)
    kinds = [kind for kind in get_args(field.annotation) or [field.annotation] if kind is not type(None)]
    if get_origin(field.annotation) is Literal:
        return {"type": "string", "enum": list(get_args(field.annotation))}
    if kinds == [bool]:
        return {"type": "boolean"}
    if kinds == [int]:
        return {"type": "integer", "minimum": 1, "maximum": ID_MAX}
    if len(kinds) == 1 and isinstance(kinds[0], type) and issubclass(kinds[0], Enum):
        return {"type": "string", "enum": [member.value for member in kinds[0]]}
    return dict(_TEXT)
