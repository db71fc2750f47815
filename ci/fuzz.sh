#!/usr/bin/env bash
# Every fuzz target compiles and runs for a few seconds: fuzz.sh [SECONDS [TARGET…]], 10 and all unless told.
# This is what `cargo fuzz` does, without the need to install it: coverage and AddressSanitizer, on the stable compiler.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ ! -f fuzz/Cargo.toml ]; then
    echo "no fuzz targets yet"
    exit 0
fi
seconds=${1:-10}
targets=("${@:2}")
if [ ${#targets[@]} = 0 ]; then
    mapfile -t targets < <(basename -s .rs fuzz/fuzz_targets/*.rs)
fi

host=$(rustc -vV | sed -n 's/^host: //p')
flags="--cfg fuzzing -Zsanitizer=address -Ccodegen-units=1 -Cpasses=sancov-module"
for option in level=4 inline-8bit-counters pc-table trace-compares; do
    flags+=" -Cllvm-args=-sanitizer-coverage-$option"
done
export CARGO_TARGET_DIR=target
RUSTC_BOOTSTRAP=1 RUSTFLAGS=$flags cargo build --manifest-path fuzz/Cargo.toml --release --target "$host" --bins

for name in "${targets[@]}"; do
    mkdir -p "target/fuzz/$name"
    # What is known to be of interest: for the target, or for all targets of a crate.
    seeds=()
    for known in "fuzz/seeds/$name" "fuzz/seeds/${name%%_*}"; do
        if [ -d "$known" ]; then
            seeds=("$known")
            break
        fi
    done
    # No input of a few KiB may ask for this much memory at once: the bounds of the crates are to see to that.
    echo "fuzzing $name"
    "target/$host/release/$name" "target/fuzz/$name" "${seeds[@]}" -max_total_time="$seconds" -verbosity=0 -print_final_stats=1 \
        -malloc_limit_mb=256 -artifact_prefix="target/fuzz/$name-"
done
