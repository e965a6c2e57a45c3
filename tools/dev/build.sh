# SPDX-License-Identifier: Apache-2.0
# ./dev build [PRESET [TARGET...]]: configure and build.
set -euo pipefail
preset=${1:-release}
[ $# -gt 0 ] && shift
bash tools/dev/setup.sh
if [ ! -f "build/$preset/build.ninja" ]; then
  cmake --preset "$preset"
fi
if [ "$preset" = release ] && [ $# = 0 ]; then
  set -- zerq-gateway
fi
ninja -C "build/$preset" "$@"
