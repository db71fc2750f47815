#!/usr/bin/env bash
# The laws of the house hold. The lock file is committed, and must fit the manifests.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo metadata --locked --format-version 1 > /dev/null
cargo xtask tidy
