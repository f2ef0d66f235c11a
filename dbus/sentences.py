#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# sentences.py SOURCE...: a table in C of the sentences that the service's sources mark for a person by S_ ("…").
import os
import re
import subprocess
import sys


def main(sources):
    template = subprocess.run(['xgettext', '--language=C', '--from-code=UTF-8', '--keyword=', '--keyword=S_', '--no-location',
                               '--output=-', *sources],
                              check=True, stdout=subprocess.PIPE, encoding='utf-8', env={**os.environ, 'LC_ALL': 'C.UTF-8'}).stdout
    found = re.findall(r'^msgid ((?:"(?:\\.|[^"\\])*"\n)+)', template, re.M)
    print('/* Made by dbus/sentences.py. */\n#pragma once\n\nstatic const char *const outbox_sentences[] = {')
    for sentence in found:
        if sentence != '""\n':
            print('  ' + sentence.strip().replace('\n', '\n  ') + ',')
    print('};')


sys.stdout.reconfigure(encoding='utf-8')
main(sys.argv[1:])
