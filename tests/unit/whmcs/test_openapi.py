"""The OpenAPI document says what the actions take, whatever actions there are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from service.whmcs.actions import ACTIONS
from service.whmcs.known_actions import ACTION_NAMES
from service.whmcs.openapi import document

PATH = "/includes/api.php"
DOCUMENT = json.loads(json.dumps(document(PATH)))
SCHEMAS = DOCUMENT["components"]["schemas"]


def parameters(name: str) -> dict[str, Any]:
    """The schema of an action's own parameters."""
    caller, own = SCHEMAS[name]["allOf"]
    assert caller == {"$ref": "#/components/schemas/Caller"}
    assert isinstance(own, dict)
    return own


@pytest.mark.parametrize("name", ACTIONS)
def test_every_action_is_described(name: str) -> None:
    """With all its fields but those that are made of others, and which of them are required."""
    action, proper = ACTIONS[name], ACTION_NAMES[name]
    own = parameters(proper)
    assert SCHEMAS[proper]["description"].startswith(f"{proper}: ")
    assert own["properties"].pop("action") == {"const": proper}
    assert (own["properties"].pop("idempotencykey", None) is not None) is action.is_command
    past = [own["properties"].pop(key, None) is not None for key in ("asof", "asofposition", "asofclock")]
    assert past == [not action.is_command and action.has_past] * 3
    fields = action.fields.model_fields
    assert own["properties"].keys() == fields.keys() - action.fields.gathered.keys()
    assert set(own["required"]) - {"action"} == {key for key in fields if fields[key].is_required()}


def test_every_reference_leads_somewhere() -> None:
    """All bodies are listed, under the name that tells them apart, and no name is missing."""
    operation = DOCUMENT["paths"][PATH]["post"]
    for content in operation["requestBody"]["content"].values():
        mapping = content["schema"]["discriminator"]["mapping"]
        assert mapping == {
            ACTION_NAMES[name]: f"#/components/schemas/{ACTION_NAMES[name]}" for name in ACTIONS
        }
        assert [body["$ref"] for body in content["schema"]["oneOf"]] == list(mapping.values())
    references = {part.partition('"')[0] for part in json.dumps(DOCUMENT).split('"$ref": "')[1:]}
    assert references == {f"#/components/schemas/{name}" for name in SCHEMAS}


def test_kinds_of_parameters() -> None:
    """Money is a decimal text, a choice lists its words, and lines are numbered."""
    add_credit = parameters("AddCredit")["properties"]
    assert add_credit["type"] == {"type": "string", "enum": ["add", "remove"], "default": "add"}
    assert add_credit["amount"] == {"type": "string", "pattern": r"^[0-9]+(\.[0-9]{1,2})?$"}
    assert add_credit["date"] == {"type": "string", "format": "date"}
    assert add_credit["clientid"] == {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
    create_invoice = parameters("CreateInvoice")
    assert create_invoice["properties"]["draft"] == {"type": "boolean", "default": False}
    assert "Payment Pending" in create_invoice["properties"]["status"]["enum"]
    assert create_invoice["patternProperties"]["^itemtaxed[0-9]+$"] == {"type": "boolean"}
