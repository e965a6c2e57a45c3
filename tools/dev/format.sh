# SPDX-License-Identifier: Apache-2.0
# ./dev format [--check]: clang-format over everything of ours; --check changes nothing.
set -euo pipefail
mapfile -d '' -t sources < <(git ls-files -z --cached --others --exclude-standard \
  'src/*.cc' 'src/*.h' 'bench/*.cc' 'bench/*.h' 'fuzz/*.cc')
[ ${#sources[@]} -gt 0 ] || exit 0
if [ "${1:-}" = --check ]; then
  printf '%s\0' "${sources[@]}" | xargs -0 -n 20 -P "$(nproc)" clang-format-19 --dry-run --Werror
else
  printf '%s\0' "${sources[@]}" | xargs -0 -n 20 -P "$(nproc)" clang-format-19 -i
fi
