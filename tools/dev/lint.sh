# SPDX-License-Identifier: Apache-2.0
# ./dev lint [--all]: every gate, all findings at once. --all lets clang-tidy look at tests too.
set -uo pipefail
python=/usr/bin/python3
failed=()

gate() {
  local name=$1
  shift
  local start=$SECONDS
  if "$@"; then
    echo "gate $name: passed ($((SECONDS - start)) s)"
  else
    echo "gate $name: FAILED ($((SECONDS - start)) s)"
    failed+=("$name")
  fi
}

bash tools/dev/setup.sh || exit 1
gate gate_tests $python -m unittest discover -q -s tools -p '*_test.py'
gate house_rules $python tools/house_rules.py
gate layers $python tools/check_layers.py
gate readme_bench $python tools/readme_bench.py --check
gate format bash tools/dev/format.sh --check
cmake --preset lint >build/lint-configure.log 2>&1 || failed+=(configure)
gate headers ninja --quiet -k 0 -C build/lint headers
gate tidy $python tools/run_tidy.py build/lint "$@"

if [ ${#failed[@]} -gt 0 ]; then
  echo "lint: ${#failed[@]} failed: ${failed[*]}"
  exit 1
fi
echo "lint: all gates passed"
