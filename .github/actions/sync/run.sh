#!/usr/bin/env bash
# One run of avi-sync. Everything it needs to know is in SYNC_… variables, so that nothing is put together as a command.
set -euo pipefail
case "${AVI_SYNC_MODE:-}" in
  dry-run) command=(sync --dry-run) ;;
  sync) command=(sync) ;;
  drift) command=(drift --detailed-exitcode) ;;
  validate) command=(validate) ;;
  *)
    echo "::error title=avi-sync::mode \"${AVI_SYNC_MODE:-}\" is not known; use dry-run, sync, drift or validate" >&2
    exit 64
    ;;
esac
exec "$RUNNER_TEMP/avi-sync/bin/avi-sync" "${command[@]}"
