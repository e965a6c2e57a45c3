# SPDX-License-Identifier: Apache-2.0
# ./dev run: build, then serve the demo in the foreground.
set -euo pipefail
bash tools/dev/build.sh release
exec build/release/zerq-gateway serve --demo "$@"
