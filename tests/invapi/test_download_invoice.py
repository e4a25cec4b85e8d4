"""download_invoice as clients call it: in JSON, shown and saved, and to nobody else."""

from __future__ import annotations

from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.support.font import LETTER
from tests.support.paper import pages

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.client import Api
    from tests.support.invapi import Answer, Invapi

NOT_FOUND = "Invalid invoice id or invalid billing location"


def test_as_json(api: Api, ada: Invapi) -> None:
    """Name, type and base64; the PDF says what the WHMCS protocol put on the invoice."""
    number = api.invoice(str(ada.client_id), "12.34")
    body = ada.call("download_invoice", invoice_id=number).ok
    assert list(body) == ["result", "invoice_id", "filename", "content_type", "pdf"]
    assert (body["invoice_id"], body["filename"]) == (int(number), f"Invoice-{number}.pdf")
    assert body["content_type"] == "application/pdf"
    (page,) = pages(b64decode(body["pdf"], validate=True))
    for expected in ("Shop & Co", "Gasse 1", "Tax ID DE1", "Test Client", f"Client #{ada.client_id}"):
        assert expected in page
    assert "$12.34 USD" in page
    assert "UNPAID" in page
    assert (
        ada.call("download_invoice", invoice_id=number).raw
        == ada.call("download_invoice", invoice_id=number).raw
    )


@pytest.mark.parametrize(("viewpdf", "disposition"), [("1", "inline"), ("0", "attachment")])
def test_as_a_file(api: Api, ada: Invapi, viewpdf: str, disposition: str) -> None:
    """`viewpdf` gives the file itself, to be shown or saved, under a safe name; nobody keeps a copy."""
    number = api.invoice(str(ada.client_id), "1")
    answer = ada.call("download_invoice", invoice_id=number, viewpdf=viewpdf)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/pdf")
    assert answer.headers["Content-Disposition"] == f'{disposition}; filename="Invoice-{number}.pdf"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert pages(answer.raw)


def test_a_proforma_invoice(api: Api, ada: Invapi) -> None:
    """Says so in its name, title and mark."""
    number = api.invoice(str(ada.client_id), "1")
    body = ada.call("download_invoice", invoice_id=number, proforma_invoice=1).ok
    assert body["filename"] == f"Proforma-{number}.pdf"
    assert f"Proforma invoice #{number}" in pages(b64decode(body["pdf"]))[0]


def test_a_paid_invoice(api: Api, ada: Invapi) -> None:
    """What a gateway's payment through the WHMCS protocol did is on the paper."""
    number = api.invoice(str(ada.client_id), "5")
    api.ok("AddInvoicePayment", invoiceid=number, transid=f"pdf-{number}", gateway="paypal")
    (page,) = pages(b64decode(ada.call("download_invoice", invoice_id=number).ok["pdf"]))
    assert "PAID" in page
    assert f"pdf-{number}" in page
    assert "Amount due" not in page


def test_an_erased_person_stays_erased(api: Api, ada: Invapi, log_in: Callable[[str], Invapi]) -> None:
    """Nobody else's invoice can be had, in the documented words, and a deleted client's by no token."""
    client_id = api.client()
    number = api.invoice(client_id, "5")
    assert ada.call("download_invoice", invoice_id=number).failure == NOT_FOUND
    bob = log_in(client_id)
    assert bob.call("download_invoice", invoice_id=number).ok
    api.ok("DeleteClient", clientid=client_id)
    assert bob.call("download_invoice", invoice_id=number).failure == NOT_FOUND


def test_letters_of_the_operators_fonts(api: Api, ada: Invapi) -> None:
    """What the fonts at hand do not have is taken from the folder of the settings."""
    more = {"itemdescription2": f"Zone {LETTER}", "itemamount2": "1"}
    number = api.invoice(str(ada.client_id), "5", **more)
    assert f"Zone {LETTER}" in pages(b64decode(ada.call("download_invoice", invoice_id=number).ok["pdf"]))[0]


def test_many_at_once(api: Api, ada: Invapi) -> None:
    """Each gets the invoice it asked for, while other methods go on answering."""
    numbers = [api.invoice(str(ada.client_id), f"{amount}.00") for amount in range(1, 9)]
    with ThreadPoolExecutor(len(numbers) + 1) as pool:
        history = pool.submit(ada.call, "getcredits")
        answers: list[Answer] = list(
            pool.map(lambda number: ada.call("download_invoice", invoice_id=number), numbers)
        )
        assert history.result().ok
    for amount, answer in enumerate(answers, 1):
        assert f"${amount}.00 USD" in pages(b64decode(answer.ok["pdf"]))[0]
