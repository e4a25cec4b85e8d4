from __future__ import annotations

from service.domain.claims import claims, invoice_claim, reference_claim, releases
from service.domain.events import AdminAdded, CredentialIssued, CredentialRevoked
from tests.support.samples import EVERY_EVENT, INVOICE_ISSUED

_CLAIMS = {
    "invoice.issued": ("invoice:17",),
    "admin.added": ("admin:1",),
    "credential.issued": ("credential:k3yIdent1f1er",),
    "client_key.issued": ("client-key:3f0c9d1e5a7b2468",),
    "account.profile_changed": ("email:01",),
    "account.deleted": ("deleted:7",),
    "contact.added": ("contact:71",),
    "contact.changed": ("email:03",),
    "service.registered": ("service:81", "server:9001"),
}


def test_each_event_claims_the_names_it_creates() -> None:
    """What has a number others ask for holds a name, and so does an address; no other event holds one."""
    assert {event.TYPE: claims((event,)) for event in EVERY_EVENT if claims((event,))} == _CLAIMS


def test_revocations_and_corrections_give_a_name_back() -> None:
    """What is released is exactly what was claimed before: credentials, gateways' numbers, addresses."""
    released = {event.TYPE: releases((event,)) for event in EVERY_EVENT if releases((event,))}
    assert released == {
        "credential.revoked": _CLAIMS["credential.issued"],
        "client_key.revoked": _CLAIMS["client_key.issued"],
        "transaction.corrected": (reference_claim("CHEQUE-7"),),
        "account.profile_changed": ("email:00",),
        "account.deleted": ("email:01", "server:9001"),
        "person.erased": ("email:01",),
        "contact.changed": ("email:02",),
        "contact.removed": ("email:03",),
        "service.changed": ("server:9001",),
    }
    issued = CredentialIssued(identifier="x", name="", admin_id=1)
    assert claims((issued,)) == releases((CredentialRevoked(identifier="x"),))


def test_names_of_different_kinds_never_meet() -> None:
    """Admin 17 and invoice 17 do not stand in each other's way, and a look-up uses the claimed name."""
    assert claims((AdminAdded(admin_id=17, name=""),)) != claims((INVOICE_ISSUED,)) == (invoice_claim(17),)
