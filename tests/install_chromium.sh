#!/bin/sh
# Brings the browser that tests/e2e drives. Costs nothing when there is one.
# Exit code 2: there is none, and only a person can install one.
set -eu

for name in chromium chromium-browser google-chrome google-chrome-stable; do
  if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "The tests of the Prefect UI need Chromium, and there is none on PATH. Install it:" >&2
  echo "\`sudo apt-get install chromium\` on Debian, Google Chrome or Chromium elsewhere." >&2
  exit 2
fi

echo "Installing Chromium for the tests of the Prefect UI" >&2
export DEBIAN_FRONTEND=noninteractive
apt() { apt-get -qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" >&2; }
apt update
apt install --yes --no-install-recommends chromium
