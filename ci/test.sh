#!/usr/bin/env bash
# All tests, as README.md runs them.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo test --workspace
