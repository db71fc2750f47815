#!/usr/bin/env bash
# What the other steps need from the machine: installed where apt can do it, named where it cannot.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo --version || { echo "machine.sh: cargo is missing; see https://rustup.rs" >&2; exit 1; }
rustc --version

# The vectors were recorded on Node 20, and the live suites speak with it.
node --version || { echo "machine.sh: node is missing; Node 20 is needed, see https://nodejs.org" >&2; exit 1; }
case "$(node --version)" in
    v20.*) ;;
    *) echo "machine.sh: Node 20 is needed, found $(node --version)" >&2; exit 1 ;;
esac

missing=()
need() { # COMMAND PACKAGE
    command -v "$1" > /dev/null || missing+=("$2")
}
need valgrind valgrind
need c++ g++ # libFuzzer is written in C++

if [ ${#missing[@]} -gt 0 ]; then
    command -v apt-get > /dev/null || { echo "machine.sh: please install: ${missing[*]}" >&2; exit 1; }
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q
    apt-get install -q -y --no-install-recommends "${missing[@]}"
fi

# Two parents that do as Node does. Without them their cases show as ignored: neither decides whether a change is good.
npm install --silent --no-audit --no-fund --prefix target/npm bun@1.4.5 pm2@7.0.4 ||
    echo "machine.sh: bun and pm2 could not be installed" >&2
