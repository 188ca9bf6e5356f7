#!/bin/sh
# The tests drive the system's own Chromium, and compare the translations with what gettext finds in the code.
# On Debian, root gets both installed; anybody else is told how. Nothing else is needed.
missing=""
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
    || missing="chromium"
# What drives the browser is a program of its own, and a bare system lacks one library of it.
[ ! -x /sbin/ldconfig ] || /sbin/ldconfig -p | grep -q libatomic.so.1 || missing="$missing libatomic1"
command -v xgettext >/dev/null && command -v msgfmt >/dev/null || missing="$missing gettext"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing for the tests (once): $missing ..."
    # shellcheck disable=SC2086 — each name is a package
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing; } \
        >/dev/null 2>&1 && exit 0
fi
echo "Missing, so the tests that need it cannot run: $missing. On Debian: sudo apt-get install $missing"
[ -z "${CI:-}" ]
