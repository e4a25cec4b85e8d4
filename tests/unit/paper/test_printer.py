"""PDF as the typesetter makes it: readable, the same every time, and within limits."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from eventstore.records import QueueFull
from service.paper import printer as printer_module
from service.paper.document import Document, Seller, invoice_document
from service.paper.printer import Printer, PrinterLimits, TooLarge
from tests.support.paper import ADA, EURO, PAYMENT, invoice, line, pages

if TYPE_CHECKING:
    from pathlib import Path

    from projections.views import ItemRow

LONG_WORD = "Overlong" * 40
SELLER = Seller(name="Bärtel & Söhne GmbH", address=("Straße 1",), bank_details="IBAN DE00 1234")


def document(*items: ItemRow, is_proforma: bool = False) -> Document:
    """An invoice of these lines."""
    row = invoice(items=items, transactions=(PAYMENT,), notes="Спасибо за 100 €")
    return invoice_document(row, ADA, EURO, SELLER, {}, is_proforma=is_proforma)


async def printed(what: Document, printer: Printer | None = None, seconds: float = 60) -> bytes:
    """The PDF."""
    return await (printer or Printer()).pdf(what, asyncio.get_running_loop().time() + seconds)


async def test_a_page() -> None:
    """Cyrillic, the euro sign, a word wider than the page and what looks like markup are there as text."""
    markup = r"#set page(width: 1cm) *no* $x$ <b> @ref \u{41} // \"q\" -- ~ `raw` #sys.inputs"
    text = f"{markup} Сервер, март {LONG_WORD} end"
    (page,) = pages(await printed(document(line(1, text), line(2, "two\nlines"))))
    flat = page.replace("\n", "")
    for expected in (
        "Bärtel & Söhne GmbH",
        "Ада Лавлейс",
        "Фирма «Ромашка»",
        f"{markup} Сервер, март",
        LONG_WORD,
        "€1.469,06",
        "UNPAID",
        "TX-9",
        "IBAN DE00 1234",
        "Спасибо за 100 €",
        "Page 1 of 1",
    ):
        assert expected in flat


@pytest.mark.parametrize("count", range(33, 40))
async def test_pages(count: int) -> None:
    """Each has the table's head and its number; the sums have a line with them wherever the page ends."""
    found = pages(await printed(document(*map(line, range(count)))))
    for number, page in enumerate(found, 1):
        assert "Description" in page
        assert f"Page {number} of {len(found)}" in page
    with_sums = next(page for page in found if "Subtotal" in page)
    assert "Total" in with_sums
    assert f"Line {count - 1}." in with_sums
    assert [f"Line {number}." in "".join(found) for number in range(count)] == [True] * count


async def test_a_last_line_of_many_pages() -> None:
    """It is divided between pages, its end stands with the sums, and no page is lost."""
    found = pages(await printed(document(line(1, "много слов " * 3000))))
    assert len(found) > 3
    with_sums = next(page for page in found if "Subtotal" in page)
    assert "много слов" in with_sums
    assert " ".join(found).count("много") == 3000


async def test_a_proforma_invoice_says_so_on_every_page() -> None:
    """In its title, at the foot of each page, and across it."""
    found = pages(await printed(document(*map(line, range(60)), is_proforma=True)))
    assert len(found) == 2
    for page in found:
        assert "Proforma invoice #17" in page
        assert set("PROFORMA") <= set(page)


async def test_the_same_document_gives_the_same_bytes() -> None:
    """Nothing in it is of the moment at which it was made."""
    first, second = [await printed(document(line(1))) for _ in range(2)]
    assert first == second
    assert first.startswith(b"%PDF-")


async def test_five_thousand_lines_leave_the_service_free() -> None:
    """They are printed elsewhere: meanwhile the loop goes on turning."""
    work = asyncio.create_task(printed(document(*map(line, range(5000)))))
    turns = 0
    while not work.done():
        await asyncio.wait([work], timeout=0.01)
        turns += 1
    assert len(await work) < printer_module.BYTES_MAX
    assert turns > 5


async def test_what_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """By lines and by characters before it costs anything, by bytes when it is known."""
    two = document(line(1), line(2))
    with pytest.raises(TooLarge):
        await printed(two, Printer(PrinterLimits(lines_max=1)))
    with pytest.raises(TooLarge):
        await printed(replace(document(line(1)), payments=two.payments * 5000))
    with pytest.raises(TooLarge):
        await printed(document(line(1, "x" * printer_module.CHARACTERS_MAX)))
    monkeypatch.setattr(printer_module, "BYTES_MAX", 10_000)
    with pytest.raises(TooLarge):
        await printed(two)


async def test_only_so_many_wait() -> None:
    """Who comes when as many are waiting is told so at once; the others get their PDF."""
    printer = Printer(PrinterLimits(waiting_max=2))
    first, second = (asyncio.create_task(printed(document(line(number)), printer)) for number in (1, 2))
    await asyncio.sleep(0)
    with pytest.raises(QueueFull):
        await printed(document(line(3)), printer)
    for number, pdf in enumerate(await asyncio.gather(first, second), 1):
        assert f"Line {number}." in pages(pdf)[0]


async def test_nobody_waits_past_the_deadline() -> None:
    """The typesetter is stopped, and the next one in line gets its turn."""
    printer = Printer()
    with pytest.raises(QueueFull):
        await printed(document(*map(line, range(4000))), printer, seconds=0.05)
    assert pages(await printed(document(line(1)), printer))


async def test_a_typesetter_has_limits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """On memory and CPU time; it leaves no core file, and sees nothing secret in its environment."""
    program = tmp_path / "program.py"
    real = printer_module._PROGRAM  # noqa: SLF001 -- there is one program, and it is what is looked at
    monkeypatch.setattr(printer_module, "_PROGRAM", program)
    monkeypatch.setenv("CREDITLEDGER_UPSTREAM_SECRET", "hidden")
    program.write_text(f"""
import os, resource, runpy, typst
limits = ("RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_CORE")
typst.compile = lambda *_, **__: repr((
    [resource.getrlimit(getattr(resource, name)) for name in limits],
    [name for name in os.environ if name.startswith("CREDITLEDGER_")],
)).encode()
runpy.run_path({str(real)!r}, run_name="__main__")
""")
    limits = [(2 << 30, 2 << 30), (120, 120), (0, 0)]
    assert await printed(document(line(1))) == repr((limits, [])).encode()


async def test_a_typesetter_that_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By a defect it is an error with what it wrote; ended by the system, it was given too much."""
    program = tmp_path / "program.py"
    monkeypatch.setattr(printer_module, "_PROGRAM", program)
    program.write_text("import sys; sys.stdin.read(); sys.exit('no ink')")
    with pytest.raises(RuntimeError, match="no ink"):
        await printed(document(line(1)))
    program.write_text("import os, signal, sys; sys.stdin.read(); os.kill(os.getpid(), signal.SIGKILL)")
    with pytest.raises(TooLarge):
        await printed(document(line(1)))
