#!/usr/bin/python3
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# outbox-status and "Send with Outbox" in a real Plasma, whose buttons are pressed by their place on the screen: that of Debian 12, in English, 1280 by 800.
# Usage: plasma.py STATUS OUTBOX OUTBOXD RECEIVER. Prints TAP.

import os
import subprocess
import sys
import time
from pathlib import Path

from device import Device, run_cases

STATUS, *PROGRAMS = map(os.path.realpath, sys.argv[1:])
PICTURES = os.environ.get('PICTURES')
ICON = (1064, 778)
BUTTON_OF_JOB = (1200, 704)
ENTRY_RESUME = (1084, 714)
FILE_OF_DOLPHIN = (582, 286)
ENTRY_SEND = (677, 557)
FILE_BYTES = 700_000


def comes_true(is_true, most_s):
    """Returns: whether it is so within that time"""
    end = time.monotonic() + most_s
    while not is_true():
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True


class Plasma(Device):
    """A person's desktop, with a link that is slow enough to be looked at."""

    def start(self):
        self.environment.update(DISPLAY=':77', QT_QPA_PLATFORM='xcb', LIBGL_ALWAYS_SOFTWARE='1', XDG_CURRENT_DESKTOP='KDE', KDE_FULL_SESSION='true',
                                KDE_SESSION_VERSION='5', XDG_CACHE_HOME=f'{self.folder}/cache')
        self.begin('Xvfb', ':77', '-screen', '0', '1280x800x24', '-nolisten', 'tcp')
        self.wait(lambda: os.path.exists('/tmp/.X11-unix/X77'))
        super().start()
        for program in ('kwin_x11', 'plasmashell'):
            self.begin(program)
        self.wait(lambda: 'org.kde.kuiserver' in self.gdbus('call', 'org.freedesktop.DBus', '/', '-m', 'org.freedesktop.DBus.ListNames'))
        self.wait(lambda: self.list_items() is not None)
        # A plain screen, for pictures.
        self.gdbus('call', 'org.kde.plasmashell', '/PlasmaShell', '-m', 'org.kde.PlasmaShell.evaluateScript',
                   'for (const desktop of desktops()) desktop.wallpaperPlugin = "org.kde.color"')
        self.run(f'outbox destination set depot --url {self.url} --default')
        (self.folder / 'rules').write_text('[Rule slow]\nrate=400K\n')
        self.run(f'EDITOR="cp {self.folder}/rules" outbox policy edit')
        (self.folder / 'bin/outbox-send').symlink_to(Path(STATUS).parents[1] / 'send/outbox-send')
        (self.folder / 'Pictures').mkdir()
        (self.folder / 'Pictures/photo.png').write_bytes(b'\x89PNG\r\n\x1a\n' + os.urandom(1000))
        for number in range(1, 11):
            (self.folder / f'IMG_{number}.jpg').write_bytes(os.urandom(FILE_BYTES))
        self.begin(STATUS)
        self.wait(self.list_items)

    def begin(self, *argv):
        process = subprocess.Popen(argv, cwd=self.folder, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.processes.append(process)
        return process

    def wait(self, is_true):
        assert comes_true(is_true, 60), 'it did not come'

    def gdbus(self, command, name, path, *arguments):
        """Returns: what it prints; nothing where the bus has no such name"""
        return subprocess.run(['gdbus', command, '--session', '-d', name, '-o', path, *arguments], env=self.environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout

    def list_items(self):
        """Returns: the icons of the tray; None: there is no tray"""
        said = self.gdbus('call', 'org.kde.StatusNotifierWatcher', '/StatusNotifierWatcher', '-m', 'org.freedesktop.DBus.Properties.Get',
                          'org.kde.StatusNotifierWatcher', 'RegisteredStatusNotifierItems')
        return said.split("'")[1::2] if said else None

    def list_jobs(self):
        said = self.gdbus('introspect', 'org.kde.kuiserver', '/org/kde/notificationmanager/jobs')
        return [line.split()[1] for line in said.splitlines() if line.strip().startswith('node JobView_')]

    def says(self, text):
        return lambda: text in self.run('outbox status')[1]

    def press(self, place, button=1):
        subprocess.run(['xdotool', 'mousemove', *map(str, place), 'click', str(button)], env=self.environment, check=True)

    def take_picture(self, name):
        if PICTURES:
            time.sleep(2)  # what moves on the screen has come to rest
            subprocess.run(['import', '-window', 'root', f'{PICTURES}/plasma-{name}.png'], env=self.environment, check=True)


def an_icon_in_the_tray(plasma):
    [item] = plasma.list_items()
    assert item.endswith('/StatusNotifierItem'), item
    assert plasma.list_jobs() == []


def a_job_while_it_is_sent(plasma):
    plasma.run('outbox add IMG_*.jpg')
    plasma.wait(plasma.list_jobs)
    plasma.wait(lambda: plasma.run('outbox list --json')[1].count('"done"') >= 2)
    plasma.take_picture('sending')


def the_button_of_the_job(plasma):
    plasma.wait(lambda: plasma.press(BUTTON_OF_JOB) or comes_true(plasma.says('the whole queue is paused'), 5))
    plasma.take_picture('paused')
    plasma.wait(lambda: plasma.press(BUTTON_OF_JOB) or comes_true(lambda: not plasma.says('the whole queue is paused')(), 5))


def a_service_that_dies(plasma):
    [job] = plasma.list_jobs()
    service = plasma.processes[2]
    service.kill()
    service.wait()
    plasma.take_picture('not-running')
    assert plasma.list_jobs() == [job]
    plasma.spawn(plasma.outboxd, ready='Ready at')
    plasma.wait(plasma.says('have arrived'))
    plasma.wait(lambda: plasma.list_jobs() == [])
    plasma.take_picture('arrived')


def the_menu_of_the_icon(plasma):
    plasma.run('outbox pause && outbox add a.jpg')
    plasma.wait(plasma.list_jobs)
    time.sleep(3)  # the icon slides into its place
    plasma.press(ICON, button=3)
    plasma.take_picture('menu')
    time.sleep(1)  # the menu opens
    plasma.press(ENTRY_RESUME)
    plasma.wait(plasma.says('have arrived'))
    plasma.wait(lambda: plasma.list_jobs() == [])


def a_file_from_dolphin(plasma):
    plasma.run('outbox pause')
    plasma.begin('dolphin', str(plasma.folder / 'Pictures'))
    time.sleep(8)  # its window opens, and shows the file
    plasma.press(FILE_OF_DOLPHIN, button=3)
    plasma.take_picture('dolphin')
    time.sleep(2)  # the menu opens
    plasma.press(ENTRY_SEND)
    plasma.wait(lambda: 'photo.png' in plasma.run('outbox list')[1])
    plasma.take_picture('sent-from-dolphin')


def main():
    cases = [an_icon_in_the_tray, a_job_while_it_is_sent, the_button_of_the_job, a_service_that_dies, the_menu_of_the_icon,
             a_file_from_dolphin]
    run_cases(lambda folder: Plasma(folder, *PROGRAMS), cases, (AssertionError, ValueError, subprocess.SubprocessError))


main()
