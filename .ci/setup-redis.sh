#!/usr/bin/env bash
# Provides a redis-server for `npm run test:queue`: the one on the PATH, else the package of the system.
# Exits 0 when there is one, 3 when it cannot be had on this machine (the last line says why).
set -euo pipefail

say() { echo "setup-redis: $*"; }

not_possible() {
  say "not possible here: $*"
  exit 3
}

as_root() {
  if [[ $(id -u) == 0 ]]; then "$@"; else sudo -n "$@"; fi
}

apt() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq "$@"
}

if command -v redis-server >/dev/null; then
  say "there is a redis-server already"
  exit
fi
command -v apt-get >/dev/null || not_possible "no redis-server, and no apt-get to install it with"
as_root true 2>/dev/null || not_possible "no redis-server, and no right to install it (neither root nor sudo)"
say "installing redis-server"
log=$(mktemp)
if ! { apt update && apt install -y --no-install-recommends redis-server; } >"$log" 2>&1; then
  tail -n 5 "$log"
  not_possible "apt-get could not install redis-server, for the reason above"
fi
command -v redis-server >/dev/null || not_possible "the redis-server of this system does not start"
say "redis-server is installed"
