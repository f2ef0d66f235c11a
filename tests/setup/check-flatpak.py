#!/usr/bin/python3
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# An app in a sandbox that is made as Flatpak makes it (bubblewrap, the filtering proxy of the bus, the documents portal), which does what
# docs/flatpak.md says by the program that stands there. Usage: check-flatpak.py PAGE OUTBOX OUTBOXD RECEIVER. Prints TAP.

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from device import Device, run_cases

PAGE, *PROGRAMS = map(os.path.realpath, sys.argv[1:])
PORTAL = '/usr/libexec/xdg-document-portal'
NEEDED = ('/usr/bin/bwrap', '/usr/bin/xdg-dbus-proxy', PORTAL, '/dev/fuse')
APP = 'org.example.Photos'
INFO = f'[Application]\nname={APP}\nruntime=runtime/org.gnome.Platform/x86_64/48\n\n[Instance]\ninstance-id=424242\n'


class Sandbox:
    """The system's programs, the app's own folder, its documents, and a bus on which the proxy lets it see what it was allowed."""

    def __init__(self, device, permissions):
        self.device = device
        self.folder = Path(tempfile.mkdtemp(dir=device.folder))
        (self.folder / 'info').write_text(INFO)
        (self.folder / 'app').mkdir()
        (self.folder / 'app/app.py').write_text('import sys\npath = sys.argv[1]\n' + re.search(r'```python\n(.*?)```', Path(PAGE).read_text(), re.S)[1])
        # The proxy runs in a sandbox of the same app: it is what the broker sees.
        bus = re.search('path=([^,]*)', device.environment['DBUS_SESSION_BUS_ADDRESS'])[1]
        read, write = os.pipe()
        device.processes.append(subprocess.Popen(
            [*self.enter(), '--bind', device.folder, device.folder, '--bind', bus, bus, '/usr/bin/xdg-dbus-proxy', f'--fd={write}', device.environment['DBUS_SESSION_BUS_ADDRESS'],
             self.folder / 'bus', '--filter', *permissions], pass_fds=[write], env=device.environment))
        os.close(write)
        assert os.read(read, 1)
        self.proxy_lives = read

    def enter(self):
        system = [['--ro-bind', f'/{name}', f'/{name}'] for name in ('usr', 'etc', 'var', 'opt') if os.path.isdir(f'/{name}')]
        system += [['--symlink', f'usr/{name}', f'/{name}'] for name in ('bin', 'lib', 'lib64', 'sbin') if os.path.islink(f'/{name}')]
        return ['bwrap', '--tmpfs', '/', *sum(system, []), '--dev', '/dev', '--proc', '/proc', '--dir', '/tmp', '--ro-bind', self.folder / 'info',
                '/.flatpak-info', '--die-with-parent']

    def run(self, *argv):
        """Returns: exit code, what it said. Its documents are where Flatpak puts them."""
        runtime = self.device.environment['XDG_RUNTIME_DIR']
        done = subprocess.run(
            [*self.enter(), '--unshare-pid', '--unshare-net', '--bind', self.folder / 'app', '/app', '--bind', self.folder / 'bus', '/run/bus',
             '--bind', f'{runtime}/doc/by-app/{APP}', '/run/user/doc', '--setenv', 'DBUS_SESSION_BUS_ADDRESS', 'unix:path=/run/bus', *argv],
            env=self.device.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30, check=False)
        return done.returncode, done.stdout.strip()

    def submit(self, path):
        return self.run('/usr/bin/python3', '/app/app.py', path)

    def call(self, method, *arguments):
        return self.run('gdbus', 'call', '--session', '-d', 'org.outbox.Outbox1', '-o', '/org/outbox/Outbox1', '-m', f'org.outbox.Outbox1.{method}', *arguments)


class Desktop(Device):
    def start(self):
        super().start()
        self.run(f'outbox destination set depot --url {self.url} --default')
        self.processes.append(subprocess.Popen([PORTAL], env=self.environment, stderr=subprocess.DEVNULL))
        self.run('gdbus wait --session --timeout 10 org.freedesktop.portal.Documents')
        # It is on the bus before its file system is there.
        self.ask_portal('GetMountPoint', '()', ())
        self.sandbox = Sandbox(self, ['--talk=org.outbox.Outbox1', '--talk=org.freedesktop.portal.*'])

    def ask_portal(self, method, signature, arguments, fd=None):
        program = '''
import sys
from gi.repository import Gio, GLib
method, signature, arguments, path = sys.argv[1:]
files = Gio.UnixFDList.new()
values = eval(arguments)
if path:
    file = open(path, 'r+b')
    values = (files.append(file.fileno()), *values)
bus = Gio.bus_get_sync(Gio.BusType.SESSION)
answer, _ = bus.call_with_unix_fd_list_sync('org.freedesktop.portal.Documents', '/org/freedesktop/portal/documents', 'org.freedesktop.portal.Documents',
    method, GLib.Variant(signature, values), None, Gio.DBusCallFlags.NONE, -1, files)
print(answer.unpack()[0] if answer.n_children() else '')
'''
        return subprocess.run(['/usr/bin/python3', '-c', program, method, signature, repr(arguments), fd or ''], env=self.environment, stdout=subprocess.PIPE,
                              text=True, timeout=20, check=True).stdout.strip()

    def give(self, name):
        """What the portal's dialog does when the person has chosen a file. Returns: its document"""
        document = self.ask_portal('Add', '(hbb)', (False, False), str(self.folder / name))
        self.ask_portal('GrantPermissions', '(ssas)', (document, APP, ['read']))
        return document

    def list(self):
        return {document['name']: document for document in json.loads(self.run('outbox list --json')[1])}

    def end(self):
        subprocess.run(['fusermount3', '-u', '-q', '-z', f'{self.environment["XDG_RUNTIME_DIR"]}/doc'], check=False)
        super().end()


def a_document_that_the_person_chose(desktop):
    document = desktop.give('photo.jpg')
    watch = subprocess.Popen(['outbox', 'watch', '--json'], executable=str(desktop.folder / 'bin/outbox'), env=desktop.environment, stdout=subprocess.PIPE,
                             text=True)
    desktop.processes.append(watch)
    code, said = desktop.sandbox.submit(f'/run/user/doc/{document}/photo.jpg')
    assert code == 0, said
    upload = desktop.list()['photo.jpg']
    assert upload['id'] == said and upload['app'] == APP, upload
    # It is taken back at once.
    desktop.ask_portal('Delete', '(s)', (document,))
    assert any(json.loads(line).get('state') == 'done' for line in watch.stdout)


def a_file_of_its_own(desktop):
    (desktop.sandbox.folder / 'app/own.jpg').write_bytes(b'\xff\xd8\xff own')
    code, said = desktop.sandbox.submit('/app/own.jpg')
    assert code == 0, said
    assert desktop.list()['own.jpg']['app'] == APP


def a_name_that_it_cannot_choose(desktop):
    code, said = desktop.sandbox.run('/usr/bin/python3', '-c', (desktop.sandbox.folder / 'app/app.py').read_text().replace(
        "options = {", "options = {'app': GLib.Variant('s', 'org.gnome.Cheese'), "), '/app/own.jpg')
    assert code != 0 and 'NotAllowed' in said, said
    assert all(document['app'] == APP for document in desktop.list().values())


def nothing_of_others(desktop):
    desktop.run('outbox add a.jpg')
    other = desktop.list()['a.jpg']['id']
    code, said = desktop.sandbox.call('Uploads.List', '{}')
    assert code == 0 and 'own.jpg' in said and 'a.jpg' not in said, said
    code, said = desktop.sandbox.call('Uploads.Get', other)
    assert code != 0 and 'NotFound' in said, said
    code, said = desktop.sandbox.call('Destinations.List')
    assert code != 0 and 'NotAllowed' in said, said


def nothing_without_the_permission(desktop):
    sandbox = Sandbox(desktop, ['--talk=org.freedesktop.portal.*'])
    code, said = sandbox.submit('/app/app.py')
    assert code != 0 and 'ServiceUnknown' in said, said


def main():
    cases = [a_document_that_the_person_chose, a_file_of_its_own, a_name_that_it_cannot_choose, nothing_of_others, nothing_without_the_permission]
    missing = [path for path in NEEDED if not os.path.exists(path)]
    if missing:
        print(f'1..0 # SKIP {missing[0]} is not there; tests/setup/install.sh test brings it')
        return
    run_cases(lambda folder: Desktop(folder, *PROGRAMS), cases)


main()
