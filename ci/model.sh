#!/usr/bin/env bash
# All schedules of a few threads: what loom explores of the emitter and of the buffer's pool.
# A feature, never `--cfg loom`: tokio reads that too.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo test -p ferronode-events --features model --test model --release
cargo test -p ferronode-buffer --features model --test model --release
