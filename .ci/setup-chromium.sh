#!/usr/bin/env bash
# Provides a Chromium for `npm run test:browser` and `npm run test:page`: the one in CHROME_PATH or on the PATH, else the
# package of the system.
# Exits 0 when there is one that starts, 3 when it cannot be had on this machine (the last line says why).
set -euo pipefail

say() { echo "setup-chromium: $*"; }

not_possible() {
  say "not possible here: $*"
  exit 3
}

# The names that test/browser/find-chromium.ts looks for.
chromium_starts() {
  local name
  for name in ${CHROME_PATH:+"$CHROME_PATH"} chromium chromium-browser google-chrome; do
    "$name" --version >/dev/null 2>&1 && return
  done
  return 1
}

as_root() {
  if [[ $(id -u) == 0 ]]; then "$@"; else sudo -n "$@"; fi
}

apt() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq "$@"
}

install_chromium() {
  command -v apt-get >/dev/null || not_possible "no Chromium, and no apt-get to install it with"
  as_root true 2>/dev/null || not_possible "no Chromium, and no right to install it (neither root nor sudo)"
  say "installing Chromium"
  local log
  log=$(mktemp)
  if ! { apt update && apt install -y --no-install-recommends chromium; } >"$log" 2>&1; then
    tail -n 5 "$log"
    rm -f "$log"
    not_possible "apt-get could not install chromium, for the reason above"
  fi
  rm -f "$log"
}

main() {
  if chromium_starts; then
    say "there is a Chromium already"
    return
  fi
  install_chromium
  chromium_starts || not_possible "the chromium of this system does not start"
  say "Chromium is installed"
}

main
