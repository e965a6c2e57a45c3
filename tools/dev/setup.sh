# SPDX-License-Identifier: Apache-2.0
# ./dev setup: Debian packages, the vendored SQLite, and (for tests) the Python environment.
# Asks dpkg first and touches the network only for what is missing, so a second run costs nothing.
set -euo pipefail

lists=(tools/dev/packages/build.txt)
wants_venv=false
wants_go=false
for argument in "$@"; do
  case $argument in
    --test) lists+=(tools/dev/packages/test.txt) wants_venv=true ;;
    --bench) lists+=(tools/dev/packages/bench.txt) wants_go=true ;;
    *) echo "dev setup: unknown option '$argument'" >&2; exit 2 ;;
  esac
done

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "dev setup: packages are missing and there is neither root nor sudo; as root: $*" >&2
    exit 1
  fi
}

wanted=$(sed '/^#/d' "${lists[@]}" | sort -u)
# npm brings the SQLite amalgamation (docs/decisions/0007); any npm will do.
command -v npm >/dev/null || wanted="$wanted npm"
# Node's fetch is one of the callers of the end-to-end tests.
if $wants_venv && ! command -v node >/dev/null; then
  wanted="$wanted nodejs"
fi
if $wants_go && ! command -v go >/dev/null && [ ! -x /usr/local/go/bin/go ]; then
  wanted="$wanted golang-go"
fi
# shellcheck disable=SC2086
missing=$(comm -23 <(printf '%s\n' $wanted | sort -u) \
  <(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' $wanted 2>/dev/null | sed -n 's/^ii *//p' | sort -u))
if [ -n "$missing" ]; then
  echo "installing: $(tr '\n' ' ' <<<"$missing")"
  # Servers from packages are programs for our tests here: keep them from starting as services.
  policy=/usr/sbin/policy-rc.d
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod 755 $policy
    trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q
  # shellcheck disable=SC2086
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
fi

if [ -f tools/fetch_sqlite ]; then
  tools/fetch_sqlite
fi

if $wants_venv; then
  stamp=build/venv/.requirements
  if ! cmp -s test/requirements.txt "$stamp"; then
    rm -rf build/venv
    # Another python3 may come first on PATH; the tests are written for the distribution's.
    /usr/bin/python3 -m venv build/venv
    build/venv/bin/python -m pip install --quiet --disable-pip-version-check -r test/requirements.txt
    cp test/requirements.txt "$stamp"
  fi
fi
