#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# check-words.py ROOT: holds each catalogue to po/GLOSSARY, to the length of a notification, and to the punctuation of its language.
# Says what is wrong, and fails if something is.
import csv
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(sys.argv[1]) / 'po'))
from labels import read_catalogue  # noqa: E402

PO = Path(sys.argv[1]) / 'po'
MOST = 150
# What a format of a notification stands for: a number, or the longest of what it is.
NUMBER = '10000'
ARGUMENTS = {
    'It waits %s and then continues automatically.': 'until Wednesday, %H:%M',
    'All of them are kept on this device. The oldest: %s': 'It waits for Wi-Fi and continues automatically. You can also send it now.',
    '%s is asking. Allow it only if it shows this code: %s': None,
}
# A message, or its beginning, where the term is another word or part of one.
EXCEPTIONS = {
    'record': ('recording', 'An app is recording', 'An app', 'Sends what an app recorded', 'The app that recorded', 'Keeps what was recorded', '%s;',
               'The key was used for %s, which an app'),
    'service': ('Another server', 'Name or service not known'),
    'upload': ('upload;', 'Nothing to upload'),
    'paused': ('States: saving',),
    'form': ('format', 'docs/history.md has the form', 'Without an ID'),
}


def read_messages(sources):
    """Every message of these sources, or of all: pairs of it and its plural, or None."""
    template = subprocess.run(['xgettext', '--from-code=UTF-8', '--keyword=_', '--keyword=N_', '--keyword=NP_:1,2', '--keyword=S_', '--no-location',
                               '--output=-', *sources], cwd=PO.parent, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    text = r'((?:"(?:[^"\\]|\\.)*"\n?)+)'
    join = lambda lines: ''.join(re.findall(r'"((?:[^"\\]|\\.)*)"', lines)).replace('\\n', '\n').replace('\\"', '"').replace('\\\\', '\\')
    found = re.findall(rf'^msgid {text}(?:msgid_plural {text})?', template.decode(), re.M)
    return [(join(one), many and join(many)) for one, many in found if join(one)]


def forms_of(catalogue, one, many):
    return {catalogue.ngettext(one, many, n) for n in (1, 2, 5)} if many else {catalogue.gettext(one)}


def has_term(term, message):
    # Commands and their actions, options, and places in a URL.
    plain = re.sub(r'outbox( [a-z-]+)+|--[a-z-]+|\{[a-z0-9]+\}|\blist\|[a-z|]+|^  [a-z-]+( [A-Z]+…?)?', '', message, flags=re.M)
    return re.search(rf'(?<![\w-]){re.escape(term)}s?(?![\w-])', plain) and not message.startswith(EXCEPTIONS.get(term, ()))


def render(catalogue, one, form):
    argument = ARGUMENTS.get(one)
    words = catalogue.gettext(argument) if argument else 'https://capture.example'
    return re.sub(r'%[-\' 0-9]*[ud]', NUMBER, form).replace('%s', words).replace('%%', '%')


def find_faults(language, glossary, messages, notices):
    catalogue, _ = read_catalogue(str(PO / f'{language}.po'))
    for one, many in messages:
        for form in forms_of(catalogue, one, many):
            for term, words in glossary.items():
                if has_term(term, one) and not any(word.lower() in form.lower() for word in words[language].split('|')):
                    yield f'“{term}” is “{words[language]}” in po/GLOSSARY: {one!r} → {form!r}'
            if language == 'fr' and re.search(r'(?<=[\w»”)]) [:;!?](\s|$)|« | »', form):
                yield f'a no-break space belongs before : ; ! ? » and after «: {form!r}'
            # A list of keywords is one of a desktop entry, which wants its separator.
            if language in ('ja', 'zh_CN') and not one.endswith(';') and re.search(r'(?<=[\u3040-\u30ff\u4e00-\u9fff])[,;!?](\s|$)|(?<=[\u3040-\u30ff\u4e00-\u9fff])\.(\s|$)', form):
                yield f'full-width punctuation belongs here: {form!r}'
            if (one, many) in notices and len(render(catalogue, one, form)) > MOST:
                yield f'{len(render(catalogue, one, form))} characters, of a notification’s {MOST}: {form!r}'


def main():
    with open(PO / 'GLOSSARY', encoding='utf-8') as file:
        glossary = {row['English']: row for row in csv.DictReader((line for line in file if not line.startswith('#')), delimiter='\t')}
    sources = [line for line in (PO / 'POTFILES').read_text().split() if not line.startswith('#')]
    messages = read_messages(sources)
    notices = set(read_messages([name for name in sources if name.startswith('dbus/')]))
    is_bad = False
    for language in (line for line in (PO / 'LINGUAS').read_text().split('\n') if line and not line.startswith('#')):
        for fault in find_faults(language, glossary, messages, notices):
            print(f'po/{language}.po: {fault}')
            is_bad = True
    sys.exit(is_bad)


main()
