#!/usr/bin/env bash
# Install avi-sync from the checkout that this action came with: locked dependencies, by their hashes.
set -euo pipefail
root=$(cd "$GITHUB_ACTION_PATH/../../.." && pwd)
venv="$RUNNER_TEMP/avi-sync"
python -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --requirement "$root/requirements.lock"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps "$root"
"$venv/bin/avi-sync" version
