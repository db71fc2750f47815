#!/usr/bin/env bash
# Every fuzz target compiles and runs for a few seconds: fuzz.sh [SECONDS], 10 unless told.
# This is what `cargo fuzz` does, without the need to install it: coverage and AddressSanitizer, on the stable compiler.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ ! -f fuzz/Cargo.toml ]; then
    echo "no fuzz targets yet"
    exit 0
fi

host=$(rustc -vV | sed -n 's/^host: //p')
flags="--cfg fuzzing -Zsanitizer=address -Ccodegen-units=1 -Cpasses=sancov-module"
for option in level=4 inline-8bit-counters pc-table trace-compares; do
    flags+=" -Cllvm-args=-sanitizer-coverage-$option"
done
export CARGO_TARGET_DIR=target
RUSTC_BOOTSTRAP=1 RUSTFLAGS=$flags cargo build --manifest-path fuzz/Cargo.toml --release --target "$host" --bins

for source in fuzz/fuzz_targets/*.rs; do
    name=$(basename "$source" .rs)
    mkdir -p "target/fuzz/$name"
    # What is known to be of interest, for all targets of a crate.
    seeds=()
    if [ -d "fuzz/seeds/${name%%_*}" ]; then
        seeds=("fuzz/seeds/${name%%_*}")
    fi
    echo "fuzzing $name"
    "target/$host/release/$name" "target/fuzz/$name" "${seeds[@]}" -max_total_time="${1:-10}" -verbosity=0 -print_final_stats=1 \
        -artifact_prefix="target/fuzz/$name-"
done
