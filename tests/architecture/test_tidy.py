"""The house rules that a machine can hold."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
SOURCES = sorted(
    path
    for folder in ("service", "eventstore", "projections", "tests")
    for path in (ROOT / folder).rglob("*.py")
)
PRODUCT = [path for path in SOURCES if "tests" not in path.relative_to(ROOT).parts]
SQL = sorted(path for folder in ("eventstore", "projections") for path in (ROOT / folder).rglob("*.sql"))
LEFTOVERS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_there_is_something_to_look_at() -> None:
    """The lists below are not empty by mistake."""
    assert len(PRODUCT) > 50
    assert len(SQL) > 20


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_files_and_functions_are_short(path: Path) -> None:
    """No file is longer than 400 lines, no function longer than 60, and nothing is left unfinished."""
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= FILE_LINES_MAX
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert (node.end_lineno or 0) - node.lineno < FUNCTION_LINES_MAX, node.name
    if path != Path(__file__):
        assert not LEFTOVERS.search(text)


@pytest.mark.parametrize("path", PRODUCT, ids=_name)
def test_no_floats_near_money(path: Path) -> None:
    """The domain and the read models know no float and no Decimal: amounts are integer hundredths."""
    if path.parts[len(ROOT.parts)] == "projections" or "domain" in path.parts:
        names = {
            node.id
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Name)
        }
        readers = {
            *("reader.py", "client_reader.py", "past_reader.py", "system_reader.py"),
            *("service_reader.py", "cancellation_reader.py", "runner.py", "standing.py"),
        }
        allowed = {"float"} if path.name in readers else set()
        assert not names & {"float", "Decimal"} - allowed


@pytest.mark.parametrize("path", SQL, ids=_name)
def test_every_sql_file_says_what_it_is_for(path: Path) -> None:
    """SQL begins with a comment."""
    assert path.read_text(encoding="utf-8").startswith("--")


def test_no_sql_in_python() -> None:
    """Statements on tables live in .sql files; Python holds only calls of functions and settings."""
    statement = re.compile(
        r"""["'](select .* from es\.|insert into|update \w+\.|delete from)""", re.IGNORECASE
    )
    found = [_name(path) for path in PRODUCT if statement.search(path.read_text(encoding="utf-8"))]
    assert found == [
        "eventstore/migrate.py",  # its registry must exist before any file is applied
        "service/feed/client.py",  # works on its user's database, and is copied as one file
    ]


def test_imports_point_down_only() -> None:
    """The layers of pyproject.toml hold."""
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
