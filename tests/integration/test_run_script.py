"""`run.py` in a checkout of its own: a tiny project that needs no registry, in real virtual environments."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.postgres import CHECKOUT

_PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "creditledger"
version = "0.1.0"
"""

# Builds the wheel of an editable install whose command prints its arguments and the folder it runs in.
_BACKEND = """
import pathlib, zipfile

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    info = "creditledger-0.1.0.dist-info"
    root = pathlib.Path(__file__).parent
    with zipfile.ZipFile(pathlib.Path(wheel_directory, "creditledger-0.1.0-py3-none-any.whl"), "w") as wheel:
        wheel.writestr("creditledger.pth", str(root))
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: creditledger\\nVersion: 0.1.0\\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{info}/entry_points.txt", "[console_scripts]\\ncreditledger = command:main\\n")
        wheel.writestr(f"{info}/RECORD", "")
    return "creditledger-0.1.0-py3-none-any.whl"
"""

_COMMAND = """
import os, sys

def main():
    print(*sys.argv[1:], os.getcwd())
    sys.exit(7)
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with this project's run.py and nothing to download, shared by the tests."""
    root = tmp_path_factory.mktemp("checkout")
    shutil.copy(CHECKOUT / "run.py", root)
    (root / "pyproject.toml").write_text(_PROJECT, "utf-8")
    (root / "backend.py").write_text(_BACKEND, "utf-8")
    (root / "command.py").write_text(_COMMAND, "utf-8")
    (root / "requirements.lock").write_text("", "utf-8")
    (root / "requirements-dev.lock").write_text("# nothing\n", "utf-8")
    return root


def run(checkout: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Start run.py from another folder, as a user might."""
    return subprocess.run(
        [sys.executable, checkout / "run.py", *arguments],
        cwd=checkout.parent,
        capture_output=True,
        text=True,
        check=False,
    )


def test_first_start_installs_and_becomes_the_command(checkout: Path) -> None:
    """The first start makes the environment and hands arguments, folder and exit code through."""
    first = run(checkout, "serve", "--data", "a b")
    assert first.stdout == f"serve --data a b {checkout.parent}\n"
    assert first.returncode == 7
    assert "installing requirements.lock" in first.stderr


def test_second_start_installs_nothing(checkout: Path) -> None:
    """With a matching stamp the command starts at once."""
    run(checkout, "serve")
    second = run(checkout, "serve")
    assert second.returncode == 7
    assert second.stderr == ""


def test_changed_lock_installs_again(checkout: Path) -> None:
    """A changed lock file is installed into the environment that is there."""
    run(checkout, "serve")
    mark = checkout / ".venv" / "mark"
    mark.touch()
    (checkout / "requirements.lock").write_text("# another\n", "utf-8")
    assert "installing requirements.lock" in run(checkout, "serve").stderr
    assert mark.exists()


def test_unfinished_environment_is_made_anew(checkout: Path) -> None:
    """An installation that was cut off is thrown away, whatever it left behind."""
    run(checkout, "serve")
    mark = checkout / ".venv" / "mark"
    mark.touch()
    (checkout / ".venv" / "install-unfinished").touch()
    assert run(checkout, "serve").returncode == 7
    assert not mark.exists()


def test_moved_checkout_makes_its_environment_anew(checkout: Path) -> None:
    """In a moved checkout the environment's commands point to the old place: it is made anew."""
    run(checkout, "serve")
    moved = checkout.with_name("moved")
    shutil.copytree(checkout, moved, symlinks=True)
    assert run(moved, "serve").returncode == 7
    assert (moved / ".venv" / "bin" / "pip").read_text("utf-8").startswith(f"#!{moved}/")


def test_development_lock_covers_the_runtime(checkout: Path) -> None:
    """After the development lock a start of the service installs nothing, and a failed check fails."""
    check = run(checkout, "check")
    assert "installing requirements-dev.lock" in check.stderr
    assert check.returncode != 0  # the tiny project has no ruff
    assert run(checkout, "serve").stderr == ""


def test_without_ensurepip_the_missing_package_is_named(checkout: Path) -> None:
    """Where Python cannot make environments and no tool can help, a sentence says what to install."""
    shutil.rmtree(checkout / ".venv", ignore_errors=True)
    blocked = (
        "import runpy, sys; sys.modules['ensurepip'] = None; runpy.run_path(sys.argv[1], run_name='__main__')"
    )
    answer = subprocess.run(
        [sys.executable, "-c", blocked, checkout / "run.py"],
        env={**os.environ, "PATH": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 1
    assert "install python3-venv (apt) or uv" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_no_registry_is_named() -> None:
    """Neither the bootstrap nor the locks say where packages come from: the machine knows that."""
    for name in ("run.py", "requirements.lock", "requirements-dev.lock", "deploy/lock.sh"):
        text = (CHECKOUT / name).read_text("utf-8")
        assert "http" not in text.replace("aiohttp", "")
        assert "index-url" not in text.replace("--no-emit-index-url", "")
