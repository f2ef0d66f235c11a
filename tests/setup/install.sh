#!/bin/bash
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Installs what the Makefile's targets need, and only what is missing; a second run takes a moment and asks nobody.
# Debian packages need root, or sudo where something is missing; everything else lands under build/tools.
#
#   install.sh run     what building, running and the demo need (this is the default)
#   install.sh test    the same, and the servers that the tests talk to
#   install.sh bench   as run, and what the benchmarks need
#   install.sh campaign   as test, and what the long proofs need
#   install.sh packages   what Debian packages are built and tried with
#   install.sh docs   what the site is made with
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
tools=${OUTBOX_TOOLS:-$(cd "$here/../.." && pwd)/build/tools}
mode=${1:-run}

run_packages="meson ninja-build pkg-config gcc libc6-dev gettext python3 dbus glib-networking
  libglib2.0-dev libglib2.0-bin libsoup-3.0-dev libsqlite3-dev libjson-glib-dev libgnutls28-dev libxxhash-dev libsecret-1-dev
  libdbusmenu-glib-dev libgirepository1.0-dev gobject-introspection
  curl ca-certificates shared-mime-info sqlite3 jq bsdextrautils ffmpeg lomiri-wallpapers-16.04"
test_packages="python3-gi valac gjs gi-docgen python3-prometheus-client prometheus-node-exporter zsh fish appstream desktop-file-utils clang-format openssl gnutls-bin nginx-light procps iproute2 nftables util-linux
  network-manager python3-dbusmock gnome-keyring locales rclone python3-pip e2fsprogs
  chromium firefox-esr webkit2gtk-driver xvfb xdotool zenity bubblewrap xdg-dbus-proxy xdg-desktop-portal fuse3 mkdocs python3-django"
bench_packages="openssl python3-gi"
campaign_packages="clang libclang-rt-dev llvm valgrind libc6-dbg xfsprogs btrfs-progs debootstrap"
desktop_packages="gnome-shell gjs libgl1-mesa-dri adwaita-icon-theme"
packages_packages="debhelper dpkg-dev fakeroot gi-docgen valac lintian debootstrap util-linux iproute2"

# Newest first. A version is tried where the Go on this machine is at least as new as it asks for.
tusd_versions="
  1.25 github.com/tus/tusd/v2/cmd/tusd@v2.10.0
  1.20 github.com/tus/tusd/v2/cmd/tusd@v2.2.2
  1.18 github.com/tus/tusd/cmd/tusd@v1.13.0"

say ()
{
  echo "install.sh: $*"
}

# at_least HAVE WANT, as version numbers
at_least ()
{
  [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]
}

node_version ()
{
  "$1" --version 2>/dev/null | sed 's/^v//'
}

# Tests start the services that they need. None of them is to run beside that, now or after the next start of this machine,
# least of all one that would take over its network.
install_without_services='
  policy=/usr/sbin/policy-rc.d
  if [ ! -e $policy ]; then
    trap "rm -f $policy" EXIT
    printf "#!/bin/sh\nexit 101\n" >$policy
    chmod 755 $policy
  fi
  apt-get install -y -qq --no-install-recommends "$@"
  for package in "$@"; do
    case $package in
      nginx-light) units=nginx.service ;;
      prometheus-node-exporter) units=prometheus-node-exporter.service ;;
      network-manager) units="NetworkManager.service NetworkManager-dispatcher.service NetworkManager-wait-online.service" ;;
      *) continue ;;
    esac
    ! command -v systemctl >/dev/null || systemctl disable --quiet $units || true
  done'

install_packages ()
{
  local wanted=("$@") missing=() as_root=()
  mapfile -t missing < <(comm -23 <(printf '%s\n' "${wanted[@]}" | sort -u) \
    <(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null | sed -n 's/^installed //p' | sort -u))
  [ "${#missing[@]}" -gt 0 ] || return 0

  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { say "missing, and neither root nor sudo: ${missing[*]}" >&2; exit 1; }
    as_root=(sudo)
  fi
  say "installing ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive bash -euc "$install_without_services" bash "${missing[@]}" >/dev/null
}

# The tests' servers run on Node and Go: Debian's, unless suitable ones are on the path already.
toolchain_packages ()
{
  { command -v node && command -v npm; } >/dev/null || echo nodejs npm
  command -v go >/dev/null || echo golang-go
}

# npm_folder NAME: what tests/setup/NAME asks for, unpacked into build/tools/NAME so that the source tree stays clean.
npm_folder ()
{
  local source=$here/$1 target=$tools/$1 sum
  sum=$(cat "$source"/package*.json | sha256sum | cut -d ' ' -f 1)
  [ "$(cat "$target/.stamp" 2>/dev/null)" != "$sum" ] || return 0
  say "npm packages: $1"
  mkdir -p "$target"
  cp "$source/package.json" "$source/package-lock.json" "$target/"
  if ! (cd "$target" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error "${@:2}" >npm.log 2>&1); then
    say "skipped: npm could not install $1 (see $target/npm.log); tests that need it are skipped"
    return 1
  fi
  echo "$sum" >"$target/.stamp"
}

install_node_servers ()
{
  command -v npm >/dev/null || { say "skipped: no npm; tests with Node servers are skipped"; return 0; }
  npm_folder clients || true
  npm_folder types || true
  npm_folder servers --omit=optional || return 0
  at_least "$(node_version node)" 20.19.0 || npm_folder node-runtime || true
}

# What drives Chromium and Firefox.
install_browser_driver ()
{
  command -v npm >/dev/null || { say "skipped: no npm; tests with browsers are skipped"; return 0; }
  npm_folder browsers || true
}

install_tusd ()
{
  local go_version wanted package last
  [ ! -x "$tools/bin/tusd" ] || return 0
  command -v go >/dev/null || { say "skipped: no go; tests with tusd are skipped"; return 0; }
  go_version=$(GOTOOLCHAIN=local go env GOVERSION | sed 's/^go//')
  mkdir -p "$tools/bin"
  while read -r wanted package; do
    [ -n "$wanted" ] && at_least "$go_version" "$wanted" || continue
    say "building $package with Go $go_version"
    last=$tools/tusd.log
    if GOTOOLCHAIN=local GOFLAGS=-mod=mod GOBIN=$tools/bin go install -ldflags='-s -w' "$package" >"$last" 2>&1; then
      echo "$package" >"$tools/bin/tusd.version"
      return 0
    fi
  done <<<"$tusd_versions"
  say "skipped: no tusd builds with Go $go_version (see $tools/tusd.log); tests with it are skipped"
}

# python_folder NAME: what tests/setup/NAME asks for, unpacked into build/tools/NAME, for this machine's Python.
python_folder ()
{
  local wanted=$here/$1/requirements.txt target=$tools/$1 sum
  sum=$( (python3 --version && cat "$wanted") | sha256sum | cut -d ' ' -f 1)
  [ "$(cat "$target/.stamp" 2>/dev/null)" != "$sum" ] || return 0
  say "Python packages: $1"
  rm -rf "$target"
  mkdir -p "$target"
  if ! python3 -m pip install --quiet --no-input --disable-pip-version-check --no-deps --only-binary :all: \
    --target "$target" --requirement "$wanted" >"$tools/$1.log" 2>&1; then
    say "skipped: pip could not install $1 (see $tools/$1.log); tests that need it are skipped"
    rm -rf "$target"
    return 0
  fi
  echo "$sum" >"$target/.stamp"
}

# shellcheck disable=SC2086,SC2046 # lists of words on purpose
case $mode in
  run)
    install_packages $run_packages
    ;;
  bench)
    install_packages $run_packages $bench_packages $desktop_packages
    ;;
  docs)
    install_packages mkdocs
    ;;
  packages)
    install_packages $run_packages $packages_packages $(toolchain_packages)
    install_tusd
    ;;
  test | campaign)
    [ "$mode" = test ] && campaign_packages=
    install_packages $run_packages $test_packages $desktop_packages $campaign_packages $(toolchain_packages)
    install_node_servers
    install_browser_driver
    install_tusd
    python_folder wsgidav
    python_folder schemathesis
    ;;
  *)
    echo "usage: install.sh [run|test|bench|campaign|packages|docs]" >&2
    exit 2
    ;;
esac
