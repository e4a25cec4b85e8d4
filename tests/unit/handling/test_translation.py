from __future__ import annotations

import json
from pathlib import Path

from service.domain.events import EVENT_TYPES, from_data
from service.handling.translation import UPCASTERS
from tests.support.samples import CREDIT_APPLIED, INVOICE_SETTLED, PAYMENT_RECORDED

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "events.json").read_text("utf-8"))


def test_every_version_ever_written_can_be_read() -> None:
    """Data of an older version becomes an event of today, with nothing but new fields in it."""
    for name, data in GOLDEN.items():
        event_type, _, text = name.partition("/")
        upcast = UPCASTERS.upcast(event_type, int(text), dict(data))
        assert event_type == from_data(event_type, upcast).TYPE
        assert upcast.items() >= data.items()
        newest = EVENT_TYPES[event_type].VERSION
        assert set(upcast) == set(GOLDEN[f"{event_type}/{newest}"])


def test_when_old_events_were_recorded() -> None:
    """Not known, but that an invoice was not Paid before its date of payment had been told."""
    at = {
        event.TYPE: UPCASTERS.upcast(event.TYPE, 1, dict(GOLDEN[f"{event.TYPE}/1"]))["recorded_at"]
        for event in (CREDIT_APPLIED, PAYMENT_RECORDED, INVOICE_SETTLED)
    }
    assert at == {
        "credit.applied": "",
        "payment.recorded": "",
        "invoice.settled": INVOICE_SETTLED.settled_at,
    }
