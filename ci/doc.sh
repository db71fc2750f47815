#!/usr/bin/env bash
# The documentation builds, and no link in it leads nowhere.
set -euo pipefail
cd "$(dirname "$0")/.."
RUSTDOCFLAGS="-D rustdoc::broken_intra_doc_links" cargo doc --workspace --no-deps
