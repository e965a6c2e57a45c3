# SPDX-License-Identifier: Apache-2.0
# ./dev fuzz [SECONDS] [TARGET...]: builds the libFuzzer targets and runs each for SECONDS. Seeds
# come from fuzz/corpus/<target>/; what is found new stays in build/fuzz-corpus/<target>/.
# The canary holds a planted bug: if it survives, the harness is blind and the run fails.
set -euo pipefail
seconds=60
if [[ ${1:-} =~ ^[0-9]+$ ]]; then
  seconds=$1
  shift
fi
bash tools/dev/build.sh fuzz fuzzers
wanted=("$@")
passed=0
failed=0
for binary in $(find build/fuzz -type f -name 'fuzz_*' -executable | sort); do
  name=$(basename "$binary")
  name=${name#fuzz_}
  if [ ${#wanted[@]} -gt 0 ] && [[ " ${wanted[*]} " != *" $name "* ]]; then
    continue
  fi
  found=build/fuzz-corpus/$name
  crashes=build/fuzz-crashes/$name
  mkdir -p "$found" "$crashes"
  corpora=("$found")
  [ -d "fuzz/corpus/$name" ] && corpora+=("fuzz/corpus/$name")
  log=build/fuzz-crashes/$name.log
  if timeout $((seconds + 60)) "$binary" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
    -max_len=65536 -artifact_prefix="$crashes/" "${corpora[@]}" >"$log" 2>&1; then
    ended=clean
  else
    ended=crashed
  fi
  expected=clean
  [ "$name" = canary ] && expected=crashed
  if [ $ended = $expected ]; then
    passed=$((passed + 1))
    echo "fuzz $name: $ended, as expected ($(grep -c '' <(ls "$found")) inputs)"
  else
    failed=$((failed + 1))
    echo "fuzz $name: $ended, expected $expected; see $log"
    tail -20 "$log"
  fi
done
echo "fuzz: $passed passed, $failed failed"
[ $failed = 0 ] && [ $passed -gt 0 ]
