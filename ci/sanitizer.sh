#!/usr/bin/env bash
# The tests of the crates that have unsafe code, under AddressSanitizer.
# The sanitizer is a nightly flag; RUSTC_BOOTSTRAP lends it to the stable compiler, for this build only.
set -euo pipefail
cd "$(dirname "$0")/.."

host=$(rustc -vV | sed -n 's/^host: //p')
packages=()
for folder in sys buffer; do
    [ -d "crates/$folder" ] && packages+=(-p "ferronode-$folder")
done

# With --target the flags stay away from build scripts, which share their artefacts with the other steps.
RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zsanitizer=address" \
    cargo test --target "$host" "${packages[@]}" --lib --tests
