#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# words.py CATALOGUE SCRIPT|SOURCE...: the messages of scripts in the language of a catalogue (a .po file), as JSON for a page. A message
# with a number becomes an array of its plural forms; one that the catalogue does not have is left out, and so is all of it where
# CATALOGUE is -, which is English. The sentences that the service's sources (.c) mark are an object by themselves, at the empty message.
import ast
import json
import os
import re
import subprocess
import sys

from labels import numbers_of_forms, read_catalogue

TEXT = r'"(?:[^"\\]|\\.)*"(?:\n"(?:[^"\\]|\\.)*")*'


def unquote(text):
    return "".join(ast.literal_eval(line) for line in text.split("\n"))


def read_messages(scripts):
    """Pairs of a message and its plural, or None."""
    template = subprocess.run(["xgettext", "--language=JavaScript", "--from-code=UTF-8", "--keyword=", "--keyword=_",
                               "--keyword=ngettext:1,2", "--no-location", "--output=-", *scripts],
                              check=True, stdout=subprocess.PIPE, encoding="utf-8",
                              env={**os.environ, "LC_ALL": "C.UTF-8"}).stdout
    found = re.findall(rf"^msgid ({TEXT})\n(?:msgid_plural ({TEXT}))?", template, re.M)
    return [(unquote(one), many and unquote(many)) for one, many in found]


def read_sentences(sources):
    template = subprocess.run(["xgettext", "--language=C", "--from-code=UTF-8", "--keyword=", "--keyword=S_", "--no-location",
                               "--output=-", *sources],
                              check=True, stdout=subprocess.PIPE, encoding="utf-8", env={**os.environ, "LC_ALL": "C.UTF-8"}).stdout
    return [unquote(one) for one in re.findall(rf"^msgid ({TEXT})\n", template, re.M)]


def main(path, *files):
    scripts = [name for name in files if not name.endswith(".c")]
    sources = [name for name in files if name.endswith(".c")]
    words = {}
    if path != "-":
        catalogue, rule = read_catalogue(path)
        numbers = numbers_of_forms(rule)
        for one, many in read_messages(scripts):
            word = [catalogue.ngettext(one, many, n) for n in numbers] if many else catalogue.gettext(one)
            # The empty message is the header of the catalogue.
            if one and word not in (one, [one, many]):
                words[one] = word
        words[""] = {one: catalogue.gettext(one) for one in read_sentences(sources) if one}
    sys.stdout.reconfigure(encoding="utf-8")
    json.dump(words, sys.stdout, ensure_ascii=False, indent=1)
    print()


main(*sys.argv[1:])
