#!/bin/sh
# Brings what the tests drive and no Python package has: Chromium for the pages of the Prefect
# UI, and a PostgreSQL with pg_trgm for Prefect's own tables. Costs nothing when both are there.
# Exit code 2: something is missing, and only a person can install it.
set -eu

has_chromium() {
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name" >/dev/null 2>&1; then return 0; fi
  done
  return 1
}

has_postgresql() {
  command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1
}

wanted=""
has_chromium || wanted="chromium"
has_postgresql || wanted="$wanted postgresql"
if [ -z "$wanted" ]; then exit 0; fi

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "Some end-to-end tests need what is not on this machine:$wanted. Install it:" >&2
  echo "\`sudo apt-get install $wanted\` on Debian; elsewhere the package of the same name." >&2
  exit 2
fi

echo "Installing for the end-to-end tests: $wanted" >&2
export DEBIAN_FRONTEND=noninteractive
mkdir -p /etc/postgresql-common # so that no cluster is made and none started
echo "create_main_cluster = false" >>/etc/postgresql-common/createcluster.conf
apt() { apt-get -qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o Dpkg::Options::=--force-confold "$@" >&2; }
apt update
# shellcheck disable=SC2086 - a list of names
apt install --yes --no-install-recommends $wanted
