#!/usr/bin/env bash
# make-set.sh SEED OUTDIR [SCALE]: one complete set of vectors (library vectors and child_process scenarios),
# compressed, with its manifest. SCALE multiplies the number of random cases: 0.1 is a quick look, 1 the full set.
set -euo pipefail
if [ $# -lt 2 ]; then
    echo "usage: make-set.sh SEED OUTDIR [SCALE]" >&2
    exit 2
fi
seed=$1 out=$(realpath -m "$2") scale=${3:-1}
cd "$(dirname "$0")"
if [ -e "$out" ] && [ ! -e "$out/manifest.json" ] && [ -n "$(ls -A "$out")" ]; then
    echo "make-set.sh: $out is neither empty nor an older set" >&2
    exit 2
fi
rm -rf "$out"
mkdir -p "$out"
node gen.mjs --seed "$seed" --out "$out" --scale "$scale" > /dev/null
node ../scenarios/gen-proc.mjs --seed "$seed" --out "$out/child_process.jsonl" --scale "$scale"
node manifest.mjs "$out"
gzip -9 -n -f "$out"/*.jsonl
