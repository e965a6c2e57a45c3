# SPDX-License-Identifier: Apache-2.0
# ./dev format [--check]: clang-format over everything of ours; --check changes nothing.
set -euo pipefail
mapfile -d '' -t sources < <(git ls-files -z --cached --others --exclude-standard \
  'src/*.cc' 'src/*.h' 'bench/*.cc' 'bench/*.h' 'fuzz/*.cc')
[ ${#sources[@]} -gt 0 ] || exit 0
check_one() {
  clang-format-19 "$1" | cmp -s - "$1" || { echo "$1: not formatted; run ./dev format"; return 1; }
}
export -f check_one
if [ "${1:-}" = --check ]; then
  printf '%s\0' "${sources[@]}" | xargs -0 -n 1 -P "$(nproc)" bash -c 'check_one "$0"'
else
  printf '%s\0' "${sources[@]}" | xargs -0 -n 20 -P "$(nproc)" clang-format-19 -i
fi
