# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A person's device for scripts that use Outbox as a person does: a home, a bus, outboxd, and a receiver to send to."""

import os
import subprocess
import tempfile
from pathlib import Path


class Device:
    """A folder with some photos, and a bus with nobody on it until start()."""

    def __init__(self, folder, outbox, outboxd, receiver):
        self.folder = folder
        self.outboxd, self.receiver = outboxd, receiver
        self.processes = []
        for name in ('a.jpg', 'b.jpg', 'photo.jpg'):
            (folder / name).write_bytes(b'\xff\xd8\xff' + name.encode() * 1000)
        (folder / 'bin').mkdir()
        (folder / 'bin/outbox').symlink_to(outbox)
        self.environment = dict(os.environ, PATH=f'{folder}/bin:{os.environ["PATH"]}', LC_ALL='C.UTF-8', EDITOR='true', BROWSER='true',
                                XDG_DATA_HOME=f'{folder}/data', XDG_CONFIG_HOME=f'{folder}/config', XDG_STATE_HOME=f'{folder}/state',
                                XDG_RUNTIME_DIR=f'{folder}/run', HOME=str(folder), OUTBOX_CONFIG_FOLDERS=f'{folder}/etc', OUTBOX_REST_PORT='0',
                                DBUS_SYSTEM_BUS_ADDRESS='unix:path=/nonexistent', DBUS_SESSION_BUS_ADDRESS='unix:path=/nonexistent')
        (folder / 'run').mkdir(mode=0o700)

    def spawn(self, *argv, ready=None):
        """Returns: what follows @ready in what it prints."""
        process = subprocess.Popen(argv, cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.processes.append(process)
        for line in process.stdout:
            if ready in line:
                return line.split(ready, 1)[1].strip()
        raise RuntimeError(f'{argv[0]} ended before it was ready')

    def start(self):
        self.environment['DBUS_SESSION_BUS_ADDRESS'] = 'unix:' + self.spawn('dbus-daemon', '--session', '--nofork', '--print-address', ready='unix:')
        self.spawn(self.outboxd, ready='Ready at')
        self.url = self.spawn(self.receiver, '--port', '0', '--discard', ready='listening on ')
        self.origin = self.url.removesuffix('/files/')

    def run(self, command):
        """Returns: exit code, what it said"""
        done = subprocess.run(['sh', '-c', command], cwd=self.folder, env=self.environment, input='a-token\n', stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=30, check=False)
        return done.returncode, done.stdout

    def end(self):
        for process in reversed(self.processes):
            process.kill()
            process.wait()


def run_cases(make_device, cases, failures=(AssertionError, subprocess.SubprocessError)):
    """Runs functions one after another at one device, and prints TAP. @failures: what else than an answer is a case that failed"""
    print(f'1..{len(cases)}', flush=True)
    with tempfile.TemporaryDirectory() as folder:
        device = make_device(Path(folder))
        try:
            device.start()
            for case in cases:
                name = case.__name__.replace('_', '-')
                try:
                    case(device)
                    print('ok -', name, flush=True)
                except failures as error:
                    print('not ok -', name, str(error).replace('\n', ' '), flush=True)
        finally:
            device.end()
