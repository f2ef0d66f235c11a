#!/usr/bin/python3
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# outbox-status beside a panel, a list of jobs and a dock that keep what they are told: theirs are the interfaces of StatusNotifierItem,
# JobViewV2 and LauncherEntry. Its menu is read and pressed as a panel does it. Usage: check-status.py STATUS OUTBOX OUTBOXD RECEIVER. Prints TAP.

import os
import subprocess
import sys

from gi.repository import Gio, GLib

from device import Device, run_cases

STATUS, *PROGRAMS = map(os.path.realpath, sys.argv[1:])
ITEM = '/StatusNotifierItem'
XML = '''<node>
<interface name='org.kde.StatusNotifierWatcher'><method name='RegisterStatusNotifierItem'><arg type='s' direction='in'/></method></interface>
<interface name='org.kde.JobViewServer'><method name='requestView'><arg type='s' direction='in'/><arg type='s' direction='in'/>
<arg type='i' direction='in'/><arg type='o' direction='out'/></method></interface>
<interface name='org.kde.JobViewV2'><method name='setInfoMessage'><arg type='s' direction='in'/></method>
<method name='setSuspended'><arg type='b' direction='in'/></method><method name='setPercent'><arg type='u' direction='in'/></method>
<method name='setTotalAmount'><arg type='t' direction='in'/><arg type='s' direction='in'/></method>
<method name='setProcessedAmount'><arg type='t' direction='in'/><arg type='s' direction='in'/></method>
<method name='terminate'><arg type='s' direction='in'/></method><signal name='suspendRequested'/><signal name='resumeRequested'/></interface>
</node>'''


class Desktop(Device):
    """A panel with a tray, a list of jobs, and a dock."""

    def start(self):
        super().start()
        self.run(f'outbox destination set depot --url {self.url} --default')
        self.item = None
        self.jobs = {}
        self.requests = None  # those that wait for their answer, where the list is slow
        self.docks = []
        self.signals = []
        self.bus = Gio.DBusConnection.new_for_address_sync(
            self.environment['DBUS_SESSION_BUS_ADDRESS'],
            Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION)
        self.node = Gio.DBusNodeInfo.new_for_xml(XML)
        self.register('/StatusNotifierWatcher', 0)
        self.register('/JobViewServer', 1)
        self.bus.signal_subscribe(None, 'com.canonical.Unity.LauncherEntry', 'Update', None, None, 0, lambda *a: self.docks.append(a[5].unpack()[1]))
        self.bus.signal_subscribe(None, 'org.kde.StatusNotifierItem', None, None, None, 0, lambda *a: self.signals.append(a[4]))
        for name in ('org.kde.StatusNotifierWatcher', 'org.kde.kuiserver'):
            self.own(name)
        self.status = subprocess.Popen([STATUS], env=self.environment, stderr=open(self.folder / 'stderr', 'wb'))
        self.processes.append(self.status)
        self.wait(lambda: self.item)

    def own(self, name):
        self.bus.call_sync('org.freedesktop.DBus', '/', 'org.freedesktop.DBus', 'RequestName', GLib.Variant('(su)', (name, 2)), None, 0, -1)

    def release(self, name):
        self.bus.call_sync('org.freedesktop.DBus', '/', 'org.freedesktop.DBus', 'ReleaseName', GLib.Variant('(s)', (name,)), None, 0, -1)

    def register(self, path, interface):
        self.bus.register_object(path, self.node.interfaces[interface], self.on_call, None, None)

    def on_call(self, _bus, sender, path, _interface, method, arguments, invocation):
        if method == 'RegisterStatusNotifierItem':
            self.item = sender
        elif method == 'requestView':
            if self.requests is not None:
                self.requests.append(invocation)
                return
            self.answer(invocation)
            return
        else:
            self.jobs[path].append((method, *arguments.unpack()))
        invocation.return_value(None)

    def answer(self, invocation):
        view = f'/view{len(self.jobs) + 1}'
        self.jobs[view] = []
        self.register(view, 2)
        invocation.return_value(GLib.Variant('(o)', (view,)))

    def wait(self, is_true):
        """Lets the bus speak until it is so."""
        late = []
        timer = GLib.timeout_add_seconds(20, lambda: late.append(True))
        while not is_true() and not late:
            GLib.MainContext.default().iteration(True)
        assert not late, 'it did not come'
        GLib.source_remove(timer)

    def ask(self, path, interface, method, arguments):
        answers = []

        def finish(bus, result):
            try:
                answers.append(bus.call_finish(result))
            except GLib.Error as error:
                answers.append(error)

        self.bus.call(self.item, path, interface, method, arguments, None, 0, -1, None, finish)
        self.wait(lambda: answers)
        if isinstance(answers[0], GLib.Error):
            raise answers[0]
        return answers[0].unpack()

    def get(self, name):
        return self.ask(ITEM, 'org.freedesktop.DBus.Properties', 'Get', GLib.Variant('(ss)', ('org.kde.StatusNotifierItem', name)))[0]

    def get_tip(self):
        return self.get('ToolTip')[3]

    def read_menu(self):
        _, (_, _, entries) = self.ask(f'{ITEM}/menu', 'com.canonical.dbusmenu', 'GetLayout', GLib.Variant('(iias)', (0, -1, [])))
        return {properties['label']: (number, properties.get('enabled', True)) for number, properties, _ in entries}

    def press(self, label):
        number, is_enabled = self.read_menu()[label]
        assert is_enabled
        self.ask(f'{ITEM}/menu', 'com.canonical.dbusmenu', 'Event', GLib.Variant('(isvu)', (number, 'clicked', GLib.Variant('i', 0), 0)))

    def is_status(self, status):
        return lambda: self.get('Status') == status


def nothing_to_show(desktop):
    assert desktop.get('Status') == 'Passive'
    assert not desktop.jobs


def what_is_paused(desktop):
    desktop.run('outbox pause')
    desktop.run('outbox add a.jpg b.jpg')
    desktop.wait(desktop.is_status('Active'))
    desktop.wait(lambda: desktop.docks and desktop.docks[-1]['count'] == 2)
    assert desktop.get_tip().startswith('Paused'), desktop.get_tip()
    assert desktop.get('IconName') == 'outbox-paused-symbolic', desktop.get('IconName')
    menu = desktop.read_menu()
    assert list(menu)[1:] == ['Resume', 'Open Outbox'] and menu[desktop.get_tip()][1] is False, menu
    desktop.wait(lambda: ('setTotalAmount', 2, 'files') in desktop.jobs.get('/view1', []))
    assert ('setSuspended', True) in desktop.jobs['/view1']
    assert desktop.docks[-1]['count'] == 2 and desktop.docks[-1]['progress-visible'] is True, desktop.docks


def a_press_that_resumes(desktop):
    desktop.press('Resume')
    desktop.wait(desktop.is_status('Passive'))
    desktop.wait(lambda: ('terminate', '') in desktop.jobs['/view1'])
    assert desktop.docks[-1]['count'] == 0 and desktop.docks[-1]['count-visible'] is False, desktop.docks
    assert 'NewStatus' in desktop.signals and 'NewIcon' in desktop.signals, desktop.signals


def the_button_of_the_job(desktop):
    desktop.run('outbox pause')
    desktop.run('outbox add photo.jpg')
    desktop.wait(lambda: desktop.jobs.get('/view2'))
    desktop.bus.emit_signal(None, '/view2', 'org.kde.JobViewV2', 'resumeRequested', None)
    desktop.wait(lambda: ('terminate', '') in desktop.jobs['/view2'])


def a_list_that_answers_when_all_has_arrived(desktop):
    desktop.requests = []
    desktop.run('outbox pause')
    desktop.run('outbox add photo.jpg')
    desktop.wait(lambda: desktop.requests)
    desktop.run('outbox resume')
    desktop.wait(desktop.is_status('Passive'))
    [request], desktop.requests = desktop.requests, None
    desktop.answer(request)
    desktop.wait(lambda: list(desktop.jobs.values())[-1] == [('terminate', '')])


def a_list_that_is_replaced_before_it_answers(desktop):
    desktop.requests = []
    desktop.run('outbox pause')
    desktop.run('outbox add photo.jpg')
    desktop.wait(lambda: desktop.requests)
    desktop.requests = None
    n_views = len(desktop.jobs)
    desktop.release('org.kde.kuiserver')
    desktop.own('org.kde.kuiserver')
    desktop.wait(lambda: len(desktop.jobs) > n_views)
    desktop.run('outbox resume')
    desktop.wait(lambda: ('terminate', '') in list(desktop.jobs.values())[-1])


def what_needs_the_person(desktop):
    desktop.run('outbox destination set other --url http://127.0.0.1:1/files/')
    desktop.run('outbox add --destination other a.jpg && outbox destination pause other')
    desktop.run(f'outbox destination set depot --url {desktop.url}')
    subprocess.run(['curl', '--silent', '--output', '/dev/null', '--fail', '--data', '{"fault":"status","method":"POST","status":418,"count":-1}', f'{desktop.origin}/control'],
                   check=True)
    desktop.run('outbox add b.jpg')
    desktop.wait(desktop.is_status('NeedsAttention'))
    assert desktop.get('AttentionIconName') == 'outbox-attention-symbolic'


def a_service_that_dies(desktop):
    service = desktop.processes[1]
    service.kill()
    service.wait()
    desktop.wait(lambda: desktop.get_tip() == 'Outbox is not running')
    assert desktop.get('IconName') == 'outbox-off-symbolic'
    # KDE's list would call a job that ends finished.
    job = list(desktop.jobs.values())[-1]
    desktop.wait(lambda: job[-7:-5] == [('setInfoMessage', 'Outbox is not running'), ('setSuspended', True)])
    assert 'Resume' in desktop.read_menu()
    desktop.spawn(desktop.outboxd, ready='Ready at')
    desktop.wait(lambda: desktop.get_tip() != 'Outbox is not running')
    assert list(desktop.jobs.values())[-1] is job and ('terminate', '') not in job


def a_panel_that_begins_again(desktop):
    desktop.item = None
    desktop.release('org.kde.StatusNotifierWatcher')
    desktop.own('org.kde.StatusNotifierWatcher')
    desktop.wait(lambda: desktop.item)


def another_indicator(desktop):
    desktop.own('org.outbox.Indicator')
    desktop.wait(lambda: ('terminate', '') in list(desktop.jobs.values())[-1])
    try:
        desktop.get('Status')
    except GLib.Error as error:
        assert 'UnknownMethod' in error.message or 'No such' in error.message, error.message
    else:
        raise AssertionError('it is still there')
    desktop.item = None
    desktop.release('org.outbox.Indicator')
    desktop.wait(lambda: desktop.item)


def the_end(desktop):
    # As timeout(1) does.
    desktop.status.terminate()
    desktop.status.terminate()
    assert desktop.status.wait(timeout=20) == 0
    assert (desktop.folder / 'stderr').read_text() == '', (desktop.folder / 'stderr').read_text()


def main():
    cases = [nothing_to_show, what_is_paused, a_press_that_resumes, the_button_of_the_job, a_list_that_answers_when_all_has_arrived,
             a_list_that_is_replaced_before_it_answers, what_needs_the_person, a_service_that_dies,
             a_panel_that_begins_again, another_indicator, the_end]
    run_cases(lambda folder: Desktop(folder, *PROGRAMS), cases, (AssertionError, GLib.Error, subprocess.SubprocessError))


main()
