# SPDX-License-Identifier: Apache-2.0
# ./dev test: everything that must hold before a change is done. Stages run one after the other,
# each with a time limit; a failed stage does not stop the next one, the last line counts all.
#   --sanitize   only what runs under ASan/UBSan          --only a,b   only these stages
#   --all        adds TSan (epoll: it does not see io_uring), fuzzing and the long soaks
set -uo pipefail
every=false
only=
while [ $# -gt 0 ]; do
  case $1 in
    --all) every=true ;;
    --sanitize) only=unit,e2e_asan ;;
    --only) only=$2; shift ;;
    --list) only=none; list=true ;;
    *) echo "dev test: unknown option '$1'" >&2; exit 2 ;;
  esac
  shift
done

results=build/test-results
failed=()
started=$SECONDS

stage() {
  local name=$1 limit=$2
  shift 2
  if [ "${list:-}" = true ]; then
    echo "$name"
    return
  fi
  if [ -n "$only" ] && [[ ",$only," != *",$name,"* ]]; then
    return
  fi
  local begin=$SECONDS rc=0
  echo "== $name"
  timeout --kill-after=20 "$limit" "$@" || rc=$?
  if [ $rc != 0 ]; then
    failed+=("$name")
    [ $rc = 124 ] && echo "$name: stopped after $limit s"
  fi
  echo "== $name: $([ $rc = 0 ] && echo passed || echo "FAILED ($rc)") in $((SECONDS - begin)) s"
}

unit_tests() {  # unit_tests PRESET
  local preset=$1 binary rc=0
  bash tools/dev/build.sh "$preset" || return 1
  for binary in build/"$preset"/test_floor_*; do
    [ -x "$binary" ] || continue
    local name=$preset-${binary##*/}
    "$binary" --gtest_brief=1 "--gtest_output=xml:$results/$name.xml" 2>&1 |
      tee "$results/$name.log" || { keep_failure "$name"; rc=1; }
  done
  return $rc
}

# The end of the log of what failed is shown again at the very end, where a long log is cut last.
keep_failure() {  # keep_failure NAME
  { echo "-- $1, the end of its output:"; tail -n 60 "$results/$1.log"; } >>"$results/failures.txt"
}

end_to_end() {  # end_to_end NAME BINARY PYTEST-ARGUMENTS...
  local name=$1 binary=$2 rc=0
  shift 2
  export ZERQ_BINARY=$PWD/$binary
  # Tests that measure time or memory run by themselves, after the others.
  run_pytest "$name-shared" -n 3 --dist loadfile -m "not alone" "$@" || rc=1
  run_pytest "$name-alone" -m alone "$@" || rc=1
  return $rc
}

run_pytest() {  # run_pytest NAME PYTEST-ARGUMENTS...
  local name=$1 rc=0
  shift
  build/venv/bin/python -m pytest test/e2e -q "--junitxml=$results/$name.xml" "$@" 2>&1 |
    tee "$results/$name.log" || rc=$?
  # 5: nothing was selected, as with the measuring tests under a sanitizer. sum_results counts.
  [ $rc = 0 ] || [ $rc = 5 ] || { keep_failure "$name"; return 1; }
}

if [ "${list:-}" != true ]; then
  rm -rf $results
  mkdir -p $results
  bash tools/dev/setup.sh --test || exit 1
fi
export results
export -f unit_tests end_to_end run_pytest keep_failure

stage build 1200 bash tools/dev/build.sh release
stage lint 1200 bash tools/dev/lint.sh
stage unit 1800 bash -o pipefail -c 'unit_tests asan'
stage fuzz_smoke 900 bash tools/dev/fuzz.sh 10
stage e2e 1500 bash -o pipefail -c 'end_to_end e2e build/release/zerq-gateway'
stage e2e_asan 1500 bash -o pipefail -c 'end_to_end e2e_asan build/asan/zerq-gateway --sanitized'
if $every; then
  stage unit_tsan 1800 bash -o pipefail -c 'unit_tests tsan'
  stage e2e_tsan 1500 bash -o pipefail -c 'end_to_end e2e_tsan build/tsan/zerq-gateway --sanitized --io epoll'
  stage soak 3600 bash -o pipefail -c 'end_to_end soak build/release/zerq-gateway --soak'
  stage fuzz 7200 bash tools/dev/fuzz.sh 600
fi
[ "${list:-}" = true ] && exit 0

# Chosen stages may be ones without counted tests; all of them together never are.
if [ -z "$only" ] || compgen -G "$results/*.xml" >/dev/null; then
  /usr/bin/python3 tools/sum_results.py $results || failed+=(results)
fi
if [ ${#failed[@]} -gt 0 ]; then
  [ -f $results/failures.txt ] && cat $results/failures.txt
  echo "test: failed stages: ${failed[*]} ($((SECONDS - started)) s)"
  exit 1
fi
echo "test: all stages passed ($((SECONDS - started)) s)"
