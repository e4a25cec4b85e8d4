"""What the feed says about its events stays true."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from service.domain.events import EVENT_TYPES
from service.feed.schemas import schemas

GOLDEN = Path(__file__).parents[2] / "golden"
PUBLISHED = json.loads((GOLDEN / "event_schemas.json").read_text("utf-8"))
SAMPLES: dict[str, dict[str, Any]] = json.loads((GOLDEN / "events.json").read_text("utf-8"))


def test_a_published_schema_never_changes() -> None:
    """Every schema is as it was published. A new one is added to the file; a change needs a new version."""
    assert json.loads(json.dumps(schemas())) == PUBLISHED


@pytest.mark.parametrize("key", SAMPLES)
def test_every_sample_fits_its_schema(key: str) -> None:
    """The data in the log has exactly the fields that the schema of its version names."""
    schema = schemas()[key.replace("/", ".")]
    assert set(SAMPLES[key]) == set(schema["properties"]) == set(schema["required"])


def test_schemas_are_made_of_the_types_that_events_are_made_of() -> None:
    """A validator over the same type refuses what the schema forbids, so neither can drift alone."""
    adapter = TypeAdapter(EVENT_TYPES["credit.added"])
    with pytest.raises(ValidationError):
        adapter.validate_python({**SAMPLES["credit.added/1"], "amount": "much"}, strict=True)
