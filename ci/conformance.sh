#!/usr/bin/env bash
# Node is the judge: the core tier of every module that is built, on the recorded set and on two more seeds.
set -euo pipefail
cd "$(dirname "$0")/.."

# The modules that are built, and the operations that we leave out on purpose; both separated by commas.
modules="buffer,child_process,crypto,events,string_decoder"
left_out=""

if [ -z "$modules" ]; then
    echo "no module is built yet"
    exit 0
fi
cargo build --release -p conformance

judge() { # DIRECTORY
    node conformance/vectors/check.mjs --vectors "$1" --harness target/release/conformance \
        --tier core --only "$modules" --may-skip "$left_out"
}

judge conformance/vectors/public
for seed in second third; do
    conformance/vectors/make-set.sh "$seed" "target/vectors/$seed" 0.1
    judge "target/vectors/$seed"
done
