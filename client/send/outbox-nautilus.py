# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The entry "Send with Outbox" in the menu of GNOME's Files, by nautilus-python."""
import gettext
import subprocess

from gi.repository import GObject, Nautilus

_ = gettext.translation('outbox', fallback=True).gettext


class OutboxMenu(GObject.GObject, Nautilus.MenuProvider):
    def get_file_items(self, *arguments):
        # Before version 43 a window stands before the files.
        files = arguments[-1]
        if not files or not all(file.get_uri_scheme() in ('file', 'smb', 'sftp', 'mtp', 'gphoto2') for file in files):
            return []
        item = Nautilus.MenuItem(name='OutboxMenu::send', label=_('Send with Outbox'), icon='org.outbox.Outbox1')
        item.connect('activate', self.send, [file.get_uri() for file in files])
        return [item]

    @staticmethod
    def send(_item, uris):
        subprocess.Popen(['outbox-send', '--', *uris], start_new_session=True)
