#!/usr/bin/env bash
# The tests of the crates that have unsafe code, under valgrind, which also sees the use of uninitialised memory.
# What it cannot run has been run by the sanitizer.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=()
for folder in sys buffer; do
    [ -d "crates/$folder" ] && packages+=(-p "ferronode-$folder")
done

left_out=(
    --skip exhaustive        # a test that tries every input says so in its name; here it would take thirty times as long
    --skip processes::       # valgrind before 3.21 does not know pidfd_open(2)
    --skip inheriting::      # likewise
    --skip a_title_is        # valgrind has put the arguments elsewhere, and does not know PR_SET_MM_MAP
    --skip a_trapped_signal  # valgrind keeps the dispositions of signals to itself
    --skip for_want_of_room  # valgrind keeps a limit on descriptors to itself and does not tell the kernel
)

host=$(rustc -vV | sed -n 's/^host: //p' | tr 'a-z-' 'A-Z_')
runner="valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite"
export "CARGO_TARGET_${host}_RUNNER=$runner"
cargo test "${packages[@]}" --lib --tests -- "${left_out[@]}"
