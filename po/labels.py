#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# labels.py MESSAGES LANGUAGE [CATALOGUE]: the labels in a language as JSON, for a page, a JavaScript module and the shell.
# MESSAGES is what dbus/labels-json prints; its places get the words of the catalogue (a .po file; none: English). A message
# with a number becomes an array: "plural" tells which of its forms a number takes, in the words of gettext.
import gettext
import io
import json
import subprocess
import sys

ENGLISH = "nplurals=2; plural=(n != 1);"


def read_catalogue(path):
    if not path:
        return gettext.NullTranslations(), ENGLISH
    compiled = subprocess.run(["msgfmt", "-o", "-", path], check=True, stdout=subprocess.PIPE).stdout
    catalogue = gettext.GNUTranslations(io.BytesIO(compiled))
    return catalogue, catalogue.info()["plural-forms"]


def numbers_of_forms(rule):
    """A number for each form, in their order."""
    count = int(rule.split("nplurals=")[1].split(";")[0])
    form_of = gettext.c2py(rule.split(" plural=")[1].rstrip("; "))
    return [next(n for n in range(1000) if form_of(n) == form) for form in range(count)]


def translate(node, catalogue, numbers):
    if isinstance(node, str):
        return catalogue.gettext(node)
    if isinstance(node, list):
        return [translate(item, catalogue, numbers) for item in node]
    if set(node) == {"one", "many"}:
        return [catalogue.ngettext(node["one"], node["many"], n) for n in numbers]
    return {name: translate(item, catalogue, numbers) for name, item in node.items()}


def main(messages, language, path=None):
    with open(messages, encoding="utf-8") as file:
        tree = json.load(file)
    catalogue, rule = read_catalogue(path)
    labels = {"language": language.replace("_", "-"), "plural": rule}
    labels.update(translate(tree, catalogue, numbers_of_forms(rule)))
    sys.stdout.reconfigure(encoding="utf-8")
    json.dump(labels, sys.stdout, ensure_ascii=False, indent=1)
    print()


if __name__ == "__main__":
    main(*sys.argv[1:])
