#!/bin/sh
# The browser tests drive the system's own Chromium. On Debian, root gets it installed; anybody else is told how.
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Chromium for the browser tests (once) ..."
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends chromium; } \
        >/dev/null && exit 0
fi
echo "Chromium is missing, so the browser tests are skipped. On Debian: sudo apt-get install chromium"
[ -z "${CI:-}" ]
