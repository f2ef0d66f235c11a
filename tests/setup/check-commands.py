#!/usr/bin/python3
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Every command of outbox that a document shows is one: it is understood, and those that stand as examples are run, page by page, against
# a broker and a receiver. Usage: check-commands.py ROOT OUTBOX OUTBOXD RECEIVER. Prints TAP.

import os
import re
import shlex
import sys
import tempfile
from pathlib import Path

from device import Device

ROOT, *PROGRAMS = map(os.path.realpath, sys.argv[1:])
PAGES = [Path(ROOT) / name for name in ('README.md', 'CONTRIBUTING.md')] + sorted((Path(ROOT) / 'docs').glob('*.md'))
MANUAL = Path(ROOT) / 'data/man/outbox.1'

# What stands for something else in a command, and something that it can be.
SAMPLES = {'ID': '891f25d6', 'NAME': 'depot', 'KEY': '4711', 'FILE': 'a.jpg', 'URL': 'https://depot.example/files/', 'DAYS': '30', 'CODE': '1234',
           'PLACE': 'file', '…': '', 'VERB': 'list', 'URL-template': 'https://depot.example/'}
NO_BROKER = 3
# In a text, the name of a command stands for it.
LACKS_OPERANDS = ('takes a name', 'too few arguments', 'give IDs')

# Examples that another test runs with what they need, or that need a person; by the beginning of the command.
ELSEWHERE = {
    'history.md': ('outbox log --against',),                               # test-evidence
    'sign-in.md': ('outbox destination set depot --oauth', 'outbox destination sign-in depot\n'),  # test-oauth-ask
    'situations.md': ('outbox ',),                                         # test-situations makes the page
    'server.md': ('outbox destination set', 'outbox amend'),                              # test-server-guide
    'outbox.1': ('outbox watch',),                                         # it goes on until it is ended: test-cli
    'README.md': ('outbox watch', 'outbox destination sign-in', 'outbox destination set depot --protocol', 'outbox policy explain'),
}


def read_examples(path):
    """Returns: the commands that stand alone in blocks of code, without what is said of them."""
    lines = re.findall(r'^    (?:\$ )?(outbox .*)$', path.read_text(encoding='utf-8'), re.M)
    return [re.sub(r'\s+#.*', '', line) for line in lines]


def read_mentions(path):
    """Returns: the commands inside of text, as a person could type them."""
    mentions = []
    for code in re.findall(r'`(outbox [^`]*)`', path.read_text(encoding='utf-8'), re.S):
        code = ' '.join(code.split())
        # [--this] may be left out; of a|b each is one.
        code = re.sub(r'\[([^\]]*)\]', r'\1', code)
        mentions += [' '.join(words) for words in alternatives(code.split(' '))]
    return mentions


def alternatives(words):
    if not words:
        return [[]]
    rest = alternatives(words[1:])
    return [[word] + tail for word in words[0].split('|') for tail in rest]


def read_manual():
    text = MANUAL.read_text(encoding='utf-8').replace('\\-', '-')
    return [line.split(' | ')[0] for block in re.findall(r'^\.nf\n(.*?)^\.fi', text, re.M | re.S) for line in block.splitlines() if line.startswith('outbox ')]


def fill_in(command):
    return ' '.join(SAMPLES.get(word, word) for word in command.split(' '))


def check_is_understood(device, commands):
    faults = []
    for command in sorted(set(commands)):
        try:
            shlex.split(command)
        except ValueError as error:
            faults.append(f'{command}: {error}')
            continue
        code, said = device.run(fill_in(command))
        if code != NO_BROKER and not any(words in said for words in LACKS_OPERANDS):
            faults.append(f'{command}: exit code {code}, {said.strip()}')
    return faults


def check_runs(device, page, commands):
    faults = []
    device.start()
    for command in ('outbox destination set depot --url https://depot.example/files/ --default', 'outbox add photo.jpg --wait'):
        code, said = device.run(command.replace('https://depot.example', device.origin))
        if code != 0:
            return [f'{command}: exit code {code}, {said.strip()}']
    first = device.run('outbox list --json | jq -r .[0].id')[1].strip()
    for command in commands:
        if (command + '\n').startswith(ELSEWHERE.get(page.name, ())):
            continue
        real = command.replace('https://depot.example', device.origin).replace('891f25d6', first[:8])
        code, said = device.run(real)
        # The doctor's own word on this device is not of interest here.
        if code != 0 and not (command.startswith('outbox doctor') and code == 1):
            faults.append(f'{command}: exit code {code}, {said.strip()}')
    return faults


def try_it(name, check, *arguments):
    with tempfile.TemporaryDirectory() as folder:
        device = Device(Path(folder), *PROGRAMS)
        try:
            faults = check(device, *arguments)
        finally:
            device.end()
    print('not ok' if faults else 'ok', '-', name)
    for fault in faults:
        print('#', fault.replace('\n', '\n# '))


def main():
    examples = {page: read_examples(page) for page in PAGES}
    examples[MANUAL] = read_manual()
    for page in PAGES + [MANUAL]:
        commands = examples[page] + (read_mentions(page) if page != MANUAL else [])
        if commands:
            try_it(f'{page.name}: {len(set(commands))} commands are understood', check_is_understood, commands)
        if examples[page] and ELSEWHERE.get(page.name) != ('outbox ',):
            try_it(f'{page.name}: {len(examples[page])} examples', check_runs, page, examples[page])
    with tempfile.TemporaryDirectory() as folder:
        code, _ = Device(Path(folder), *PROGRAMS).run('outbox status --no-such-option')
    print('ok' if code == 2 else 'not ok', '- a command that is none is found')


main()
