#!/usr/bin/env bash
# The benches compile. Their peers, which are many and large, are left to `cargo bench`.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ ! -f benches/Cargo.toml ]; then
    echo "no benches yet"
    exit 0
fi
cargo check --manifest-path benches/Cargo.toml --benches --no-default-features
