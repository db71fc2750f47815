#!/usr/bin/env bash
# No warning anywhere, and the pure storey of ipc stands without its driver.
# clippy knows the oldest Rust that we promise (`rust-version`) and warns of what is younger.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo clippy --workspace --all-targets -- -D warnings

if [ -d crates/ipc ]; then
    cargo clippy -p ferronode-ipc --no-default-features --all-targets -- -D warnings
    known=$(cargo tree -p ferronode-ipc --no-default-features -e normal --prefix none)
    # libc is there all the same: sonic-rs seeds the hash of its maps by it.
    if grep -E '^(tokio|nix|ferronode-sys) ' <<< "$known"; then
        echo "clippy.sh: ipc without its default features still knows the crates above" >&2
        exit 1
    fi
fi
