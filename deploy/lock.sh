#!/usr/bin/env bash
# Regenerates the two hashed lock files from pyproject.toml; needs `uv` on PATH (or in $UV).
# Pinned versions are kept where they still fit; `deploy/lock.sh --upgrade` takes the newest of everything.
# No index address is written: whoever installs uses the registry their own pip or uv is configured for.
set -euo pipefail
cd "$(dirname "$0")/.."

lock() {
    "${UV:-uv}" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-header --no-annotate --no-emit-index-url --no-emit-find-links "$@" pyproject.toml
}

lock "$@" --group install --output-file requirements.lock
lock "$@" --group dev --constraint requirements.lock --output-file requirements-dev.lock
