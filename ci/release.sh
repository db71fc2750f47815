#!/usr/bin/env bash
# The programs, as they are shipped.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --workspace --release
