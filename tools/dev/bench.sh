# SPDX-License-Identifier: Apache-2.0
# ./dev bench: builds the release, then measures it beside its peers (bench/README.md).
set -euo pipefail
bash tools/dev/setup.sh --bench
bash tools/dev/build.sh release zerq-gateway uring_floor uring_origin
exec /usr/bin/python3 bench/run_bench.py "$@"
