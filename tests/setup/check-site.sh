#!/bin/bash
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The site of docs/site.sh: it is made, every page is in its list, every link of it leads somewhere, and a link that does not is found.
set -u

here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0

# is NAME COMMAND…
is ()
{
  local name=$1 said
  shift
  if said=$("$@" 2>&1); then
    echo "ok $((n += 1)) - $name"
  else
    echo "not ok $((n += 1)) - $name: $said"
  fi
}

every_page_is_listed ()
{
  local page
  for page in "$here"/../../docs/*.md; do
    grep -q "docs/$(basename "$page")\$" "$here/../../docs/mkdocs.yml" || { echo "docs/mkdocs.yml lists no $(basename "$page")"; return 1; }
  done
}

links_lead_somewhere ()
{
  /usr/bin/python3 "$here/check-links.py" "$work/site"
}

# finds LINK: the same site with a link to nothing
finds ()
{
  echo "<a href=\"$1\">" >>"$work/site/docs/server.html"
  links_lead_somewhere | grep -F "docs/server.html: $1 "
}

command -v mkdocs >/dev/null || { echo "1..0 # SKIP mkdocs is not installed; tests/setup/install.sh test brings it"; exit 0; }
echo 1..6
is "it is made" "$here/../../docs/site.sh" "$work/site"
is "every page is listed" every_page_is_listed
is "links lead somewhere" links_lead_somewhere
is "a page that is not there is found" finds "nowhere.html"
is "a heading that is not there is found" finds "rest.html#nowhere"
is "a link in the clear is found" finds "http://depot.example/"
