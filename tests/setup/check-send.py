#!/usr/bin/python3
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# "Send with Outbox" with the windows of zenity on a screen of its own, answered by keys as a person does it, and a server of notifications.
# Usage: check-send.py SEND OUTBOX OUTBOXD RECEIVER. Prints TAP.

import json
import os
import re
import shutil
import subprocess
import sys

from device import Device, run_cases

SEND, *PROGRAMS = map(os.path.realpath, sys.argv[1:])
NEEDED = ('Xvfb', 'xdotool', 'zenity')


class Desktop(Device):
    """With a screen and notifications, which are kept as they come."""

    def __init__(self, folder):
        super().__init__(folder, *PROGRAMS)
        (folder / 'bin/outbox-send').symlink_to(SEND)

    def start(self):
        super().start()
        read, write = os.pipe()
        self.processes.append(subprocess.Popen(['Xvfb', '-displayfd', str(write), '-screen', '0', '800x600x24', '-nolisten', 'tcp'],
                                               pass_fds=[write], stderr=subprocess.DEVNULL))
        self.environment['DISPLAY'] = f':{os.read(read, 10).decode().strip()}'
        self.environment['GTK_A11Y'] = 'none'
        self.environment['NO_AT_BRIDGE'] = '1'
        self.screen = subprocess.Popen(['/usr/bin/python3', '-m', 'dbusmock', '--template', 'notification_daemon', '--session'],
                                       env=self.environment, stdout=open(self.folder / 'notifications', 'wb'), stderr=subprocess.STDOUT)
        self.processes.append(self.screen)
        self.run('gdbus wait --session org.freedesktop.Notifications')

    def read_notifications(self):
        return re.findall(r'Notify "Outbox" 0 "org.outbox.Outbox1" "([^"]*)"', (self.folder / 'notifications').read_text(errors='replace'))

    def press(self, *keys):
        """Waits for a window, and presses keys in it."""
        window = subprocess.run(['xdotool', 'search', '--sync', '--onlyvisible', '--name', '^Outbox$|^Send with Outbox$'], env=self.environment,
                                stdout=subprocess.PIPE, text=True, timeout=20, check=True).stdout.split()[0]
        if 'OUTBOX_PICTURES' in os.environ:
            picture = f'{os.environ["OUTBOX_PICTURES"]}/send-{len(os.listdir(os.environ["OUTBOX_PICTURES"]))}.png'
            subprocess.run(['sh', '-c', f'sleep 1; import -window root {picture}'], env=self.environment, check=False)
        subprocess.run(['xdotool', 'windowfocus', '--sync', window], env=self.environment, timeout=20, check=True)
        subprocess.run(['xdotool', 'key', *keys], env=self.environment, timeout=20, check=True)

    def send(self, *arguments, keys=(), **environment):
        """Returns: exit code, standard error"""
        process = subprocess.Popen(['outbox-send', *arguments], executable=str(self.folder / 'bin/outbox-send'), cwd=self.folder,
                                   env=dict(self.environment, **environment), stderr=subprocess.PIPE, text=True)
        try:
            if keys:
                self.press(*keys)
            _, errors = process.communicate(timeout=20)
        finally:
            process.kill()
        return process.returncode, errors

    def list(self):
        return {document['name']: document['destination'] for document in json.loads(self.run('outbox list --json')[1])}

    def set_destination(self, name):
        self.run(f'outbox destination set {name} --url {self.url}')


def without_a_destination(desktop):
    code, _ = desktop.send('a.jpg', keys=['Escape'])
    assert code == 1, code
    assert desktop.list() == {}, desktop.list()
    assert desktop.read_notifications() == []


def without_a_screen(desktop):
    code, errors = desktop.send('a.jpg', DISPLAY='')
    assert code == 1 and 'no server' in errors, errors


def to_the_only_destination(desktop):
    desktop.set_destination('depot')
    (desktop.folder / 'a b.jpg').write_bytes(b'\xff\xd8\xff')
    code, errors = desktop.send('a.jpg', f'file://{desktop.folder}/a%20b.jpg')
    assert code == 0 and not errors, errors
    assert desktop.list() == {'a.jpg': 'depot', 'a b.jpg': 'depot'}, desktop.list()
    assert desktop.read_notifications() == ['2 files are safe on this device, and will be sent.'], desktop.read_notifications()


def some_that_are_not_there(desktop):
    code, errors = desktop.send('b.jpg', 'no <b>such</b> file', keys=['Escape'])
    assert code == 1 and 'no <b>such</b> file: No such file' in errors, errors
    assert 'b.jpg' in desktop.list()
    assert desktop.read_notifications()[-1].startswith('1 file is safe'), desktop.read_notifications()


def what_is_on_no_disk(desktop):
    code, errors = desktop.send('trash:///gone.jpg', keys=['Escape'])
    assert code == 1 and 'gone.jpg' in errors, errors


def to_a_chosen_destination(desktop):
    desktop.set_destination('office')
    code, errors = desktop.send('photo.jpg', keys=['Down', 'Down', 'Return'])
    assert code == 0, errors
    assert desktop.list()['photo.jpg'] == 'office', desktop.list()


def to_none(desktop):
    (desktop.folder / 'kept.jpg').write_bytes(b'\xff\xd8\xff')
    code, _ = desktop.send('kept.jpg', keys=['Escape'])
    assert code == 0 and 'kept.jpg' not in desktop.list()


def to_a_named_one(desktop):
    code, errors = desktop.send('-d', 'office', '--', 'kept.jpg')
    assert code == 0 and desktop.list()['kept.jpg'] == 'office', errors


def files_that_are_asked_for(desktop):
    code, _ = desktop.send(keys=['Escape'])
    assert code == 0


def with_a_broken_option(desktop):
    code, errors = desktop.send('--no-such-option')
    assert code == 2 and 'no-such-option' in errors, errors


def main():
    cases = [without_a_destination, without_a_screen, to_the_only_destination, some_that_are_not_there, what_is_on_no_disk, to_a_chosen_destination, to_none,
             to_a_named_one, files_that_are_asked_for, with_a_broken_option]
    if not all(map(shutil.which, NEEDED)):
        print(f'1..0 # SKIP {", ".join(NEEDED)}: one is not installed; tests/setup/install.sh test brings it')
        return
    run_cases(Desktop, cases)


main()
