#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Every link of the site leads to a file that is there, and to a heading that is in it. Usage: check-links.py FOLDER
# Nothing is fetched: links to elsewhere are only looked at, whether they are https.

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# Those that a page shows as an example, or of the device itself.
LOCAL = ('127.0.0.1', 'localhost')


class Page(HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.links, self.ids = [], set()
        self.feed(path.read_text(encoding='utf-8'))

    def handle_starttag(self, tag, attributes):
        names = dict(attributes)
        self.ids.update(filter(None, (names.get('id'), names.get('name'))))
        self.links += filter(None, (names.get('href'), names.get('src')))


def find_fault(path, link, pages):
    """Returns: what is wrong with a link of a page, or None"""
    parts = urlsplit(link)
    if parts.scheme == 'http' and parts.hostname not in LOCAL:
        return 'is not https'
    if parts.scheme or parts.netloc:
        return None
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if not target.is_file():
        return 'leads to no file'
    if parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].ids:
        return 'leads to no heading'
    return None


def main(folder):
    pages = {path: Page(path) for path in sorted(Path(folder).resolve().rglob('*.html')) if path.name != '404.html'}
    n_links = n_faults = 0
    for path, page in pages.items():
        for link in page.links:
            fault = find_fault(path, link, pages)
            n_links += 1
            if fault:
                n_faults += 1
                print(f'{path.relative_to(Path(folder).resolve())}: {link} {fault}')
    print(f'{n_links} links of {len(pages)} pages, {n_faults} faults')
    return 1 if n_faults or n_links == 0 else 0


sys.exit(main(sys.argv[1]))
