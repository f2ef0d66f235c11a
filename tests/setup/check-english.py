#!/usr/bin/python3
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What a person reads in a terminal comes through the catalogue: with one that puts each message into brackets, nothing but what is the
# person's own, a name of the system or a command is left outside of them. Usage: check-english.py CATALOGUE OUTBOX OUTBOXD RECEIVER,
# with a catalogue of any language, compiled. Prints TAP.

import os
import re
import struct
import sys

from device import Device, run_cases

CATALOGUE, *PROGRAMS = map(os.path.realpath, sys.argv[1:])
HEAD = 'Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=n != 1;\n'
PLACE = re.compile(r"(%(?:\d+\$)?[-#+0']*\d*(?:\.\d+)?[hlzjt]*[A-Za-z%])")
VERBS = ('add', 'amend', 'app', 'commit', 'dashboard', 'destination', 'doctor', 'free', 'group', 'list', 'log', 'metrics', 'pause', 'policy',
         'priority', 'remove', 'resume', 'retry', 'send-now', 'show', 'status', 'verify', 'watch')
# What may stand outside of the brackets.
OWN = (
    # Commands, addresses, paths, IDs and digests, and names of files
    r'(?:outbox|journalctl|loginctl|timedatectl|systemctl)(?: [^\n⟦⟧·]*)?', r'^  (?:' + '|'.join(VERBS) + r')(?= {2,})',
    r'(?<=·) (?:' + '|'.join(VERBS) + r') (?=·)', r'https?://\S+',
    r'[\w./~-]*/[\w./~:-]*', r'[0-9a-f]{8,}(?:-[0-9a-f]+)*', r'\b[\w-]+\.(?:jpg|conf|service)\b',
    # What was given here, protocols, and what has one name everywhere
    r'tus 1\.0\.0: [a-z, ]+', r'\b(?:depot|spare|case-\d|Bridge|camera|north|no-verb|tus|http|default|image|jpeg|ID|SHA-256)\b', r'^ok(?= )', r'HTTP \d+ [\w ]+', r'^[a-z-]+=\S+$|^\[\w+[\] ]',
    # The system and GLib have catalogues of their own, and options one name.
    r'No such file or directory|Connection refused|Could not connect:|Failed to execute child process|Unknown option',
    r'Usage:|Help Options:|Application Options:|Show help options', r'-\w(?=, )|--[a-z-]+=?',
    r'\d[\d.,]*[ \xa0]?(?:bytes?|[kMGT]?B)(?: \(\d[\d,]* bytes\))?',
)


def bracket(message):
    """The words between the places for others, in brackets."""
    parts = PLACE.split(message)
    return ''.join(part if i % 2 or not re.search(r'[A-Za-z]', part) else re.sub(r'\A(\s*)(.*?)(\s*)\Z', r'\1⟦\2⟧\3', part, count=1, flags=re.S)
                   for i, part in enumerate(parts))


def make_catalogue(source, target):
    """A compiled catalogue (gettext manual, "The Format of GNU MO Files") of the messages of another."""
    data = open(source, 'rb').read()
    _, _, count, at = struct.unpack_from('<4I', data)
    places = [struct.unpack_from('<2I', data, at + 8 * i) for i in range(count)]
    originals = [data[offset:offset + length].decode() for length, offset in places]
    texts = [(text.encode(), ('\0'.join(map(bracket, text.split('\0'))) if text else HEAD).encode()) for text in originals]
    tables, strings, start = [], b'', 28 + 16 * count
    for column in (0, 1):
        for pair in texts:
            tables.append(struct.pack('<2I', len(pair[column]), start + len(strings)))
            strings += pair[column] + b'\0'
    with open(target, 'wb') as file:
        file.write(struct.pack('<7I', 0x950412de, 0, count, 28, 28 + 8 * count, 0, 28 + 16 * count) + b''.join(tables) + strings)


def find_islands(text):
    rest = re.sub(r'⟦[^⟧]*⟧', '·', text)
    for own in OWN:
        rest = re.sub(own, '·', rest, flags=re.M)
    return [line.strip() for line in rest.split('\n') if re.search(r'[A-Za-z]{2,}', line)]


class Pseudo(Device):
    """Whose person reads brackets, while its service is started in the same language."""

    def start(self):
        folder = self.folder / 'locale/xx/LC_MESSAGES'
        folder.mkdir(parents=True)
        make_catalogue(CATALOGUE, folder / 'outbox.mo')
        self.environment.update(LANGUAGE='xx', OUTBOX_LOCALEDIR=str(self.folder / 'locale'), COLUMNS='300')
        super().start()
        self.run(f'outbox destination set depot --url {self.url} --default')
        self.run('outbox add --wait a.jpg --group case-7 --title Bridge --metadata camera=north')

    def read(self, *commands):
        for command in commands:
            _, said = self.run(command)
            islands = find_islands(said)
            assert said and not islands, f'{command}: {islands} in {said}'


def help_of_each_verb(device):
    device.read('outbox --help', *(f'outbox {verb} --help' for verb in VERBS))


def what_has_arrived(device):
    device.read('outbox status', 'outbox list', 'outbox show a.jpg', 'outbox log', 'outbox log a.jpg', 'outbox group', 'outbox group show case-7',
                'outbox destination list', 'outbox destination show depot', 'outbox destination test depot', 'outbox verify a.jpg', 'outbox doctor',
                'outbox policy show', 'outbox app')


def what_the_server_refuses(device):
    device.run('outbox destination set tus --url ' + device.origin + '/nothing/')
    device.run('outbox add photo.jpg --destination tus; sleep 0.3')
    device.read('outbox status', 'outbox list', 'outbox show photo.jpg', 'outbox log', 'outbox watch photo.jpg & sleep 0.3; kill $!', 'outbox remove --force photo.jpg')


def what_is_paused(device):
    device.run('outbox pause && outbox add b.jpg')
    device.read('outbox status', 'outbox list', 'outbox show b.jpg', 'outbox log b.jpg', 'outbox log', 'outbox policy explain b.jpg', 'outbox doctor',
                'outbox send-now b.jpg', 'outbox pause b.jpg', 'outbox resume b.jpg', 'outbox resume')


def what_meets_trouble(device):
    device.run('outbox destination set spare --url http://127.0.0.1:1/files/')
    device.run('outbox add photo.jpg --destination spare; outbox retry photo.jpg; sleep 0.5')
    device.read('outbox status', 'outbox show photo.jpg', 'outbox log photo.jpg', 'outbox destination list', 'outbox destination test spare', 'outbox doctor')


def errors(device):
    device.read('outbox show deadbeef', 'outbox add nothing.jpg', 'outbox retry a.jpg', 'outbox pause a.jpg', 'outbox group pause case-8',
                'outbox destination show case-9', 'outbox destination remove spare', 'outbox destination set case-9 --url ftp://x', 'outbox no-verb',
                'outbox add --no-option', 'outbox show', 'outbox priority', 'outbox app approve case-9', 'outbox free b.jpg', 'outbox amend a.jpg --name x.jpg')


def what_a_person_orders(device):
    device.read('outbox list --state case-9', 'outbox log --against /dev/null', 'outbox destination sign-in depot',
                'outbox destination sign-out depot', 'outbox destination pause spare', 'outbox destination resume spare', 'outbox group retry case-7',
                'outbox group pause case-7', 'outbox group resume case-7', 'outbox priority b.jpg --first', 'outbox amend b.jpg --name c.jpg',
                'outbox verify --all', 'outbox retry --all', 'outbox remove photo.jpg', 'outbox doctor --repair', 'outbox app revoke case-9')


def no_service(device):
    device.environment['DBUS_SESSION_BUS_ADDRESS'] = 'unix:path=/nonexistent'
    device.read('outbox status', 'outbox doctor')


run_cases(lambda folder: Pseudo(folder, *PROGRAMS), (help_of_each_verb, what_has_arrived, what_the_server_refuses, what_is_paused,
                                                            what_meets_trouble, errors, what_a_person_orders, no_service))
