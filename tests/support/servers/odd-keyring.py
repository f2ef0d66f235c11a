#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A Secret Service with one open collection, which does wrong what it is told to: Set(fault) at /control. Its session is encrypted as the
# specification has it, by openssl.

import hashlib
import hmac
import os
import subprocess
import sys

import dbus
import dbus.bus
import dbus.lowlevel
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

NAME = 'org.freedesktop.secrets'
PATH = '/org/freedesktop/secrets'
COLLECTION = PATH + '/collection/odd'
SECRET = 'org.freedesktop.Secret.'
PROPERTIES = 'org.freedesktop.DBus.Properties'
ALGORITHM = 'dh-ietf1024-sha256-aes128-cbc-pkcs7'

# The second Oakley group (RFC 2409 section 6.2), which the specification names.
PRIME = int('FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD'
            'EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED'
            'EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF', 16)

state = {'fault': 'none', 'key': b'', 'items': {}, 'count': 0}


def is_fault(name):
    return state['fault'] == name


def crypt(data, iv, *option):
    return subprocess.run(['openssl', 'enc', '-aes-128-cbc', '-K', state['key'].hex(), '-iv', iv.hex(), *option],
                          input=data, stdout=subprocess.PIPE, check=True).stdout


def agree(theirs):
    """Returns: our public number. Leading zeros of what both have are nowhere defined, so there are none."""
    while True:
        mine = int.from_bytes(os.urandom(64), 'big')
        shared = pow(int.from_bytes(theirs, 'big'), mine, PRIME)
        if shared >> 1016:
            break
    extracted = hmac.new(b'\0' * 32, shared.to_bytes(128, 'big'), hashlib.sha256).digest()
    state['key'] = hmac.new(extracted, b'\x01', hashlib.sha256).digest()[:16]
    return pow(2, mine, PRIME).to_bytes(128, 'big')


def encode(session, value):
    iv = os.urandom(16)
    return dbus.Struct((session, dbus.ByteArray(iv), dbus.ByteArray(crypt(value, iv)), 'text/plain'), signature='oayays')


class Item(dbus.service.Object):
    def __init__(self, bus, value, modified):
        state['count'] += 1
        self.path = f'{COLLECTION}/{state["count"]}'
        self.value = value
        self.modified = modified
        super().__init__(bus, self.path)
        state['items'][self.path] = self

    @dbus.service.method(SECRET + 'Item', in_signature='', out_signature='o')
    def Delete(self):
        del state['items'][self.path]
        self.remove_from_connection()
        return dbus.ObjectPath('/')

    @dbus.service.method(PROPERTIES, in_signature='s', out_signature='a{sv}')
    def GetAll(self, interface):
        return {'Locked': dbus.Boolean(is_fault('item-locked')), 'Attributes': dbus.Dictionary({}, signature='ss'),
                'Label': 'odd', 'Created': dbus.UInt64(1), 'Modified': dbus.UInt64(self.modified)}


class Prompt(dbus.service.Object):
    dismissed = 0

    @dbus.service.method(SECRET + 'Prompt', in_signature='', out_signature='')
    def Dismiss(self):
        Prompt.dismissed += 1


class Collection(dbus.service.Object):
    @dbus.service.method(SECRET + 'Collection', in_signature='a{sv}(oayays)b', out_signature='oo', byte_arrays=True)
    def CreateItem(self, properties, secret, replace):
        if is_fault('prompts'):
            return dbus.ObjectPath('/'), dbus.ObjectPath('/prompt')
        value = crypt(bytes(secret[2]), bytes(secret[1]), '-d')
        if is_fault('alters'):
            value = b'something else'
        for item in list(state['items'].values()):
            item.Delete()
        item = Item(self.connection, value, 100)
        if is_fault('forgets'):
            del state['items'][item.path]
        return dbus.ObjectPath(item.path), dbus.ObjectPath('/')

    @dbus.service.method(PROPERTIES, in_signature='s', out_signature='a{sv}')
    def GetAll(self, interface):
        return {'Locked': dbus.Boolean(is_fault('locked')), 'Items': dbus.Array([], signature='o'), 'Label': 'odd',
                'Created': dbus.UInt64(1), 'Modified': dbus.UInt64(1)}


class Service(dbus.service.Object):
    @dbus.service.method(SECRET + 'Service', in_signature='sv', out_signature='vo', byte_arrays=True,
                         async_callbacks=('reply', 'fail'))
    def OpenSession(self, algorithm, theirs, reply, fail):
        if is_fault('silent'):
            return
        if algorithm == 'plain':
            reply(dbus.String('', variant_level=1), dbus.ObjectPath('/session'))
        elif is_fault('plain') or algorithm != ALGORITHM:
            fail(dbus.DBusException('no', name='org.freedesktop.DBus.Error.NotSupported'))
        else:
            reply(dbus.ByteArray(agree(bytes(theirs)), variant_level=1), dbus.ObjectPath('/session'))

    @dbus.service.method(SECRET + 'Service', in_signature='s', out_signature='o', async_callbacks=('reply', 'fail'))
    def ReadAlias(self, name, reply, fail):
        if is_fault('no-alias-answer'):
            return
        reply(dbus.ObjectPath('/' if is_fault('no-collection') or name != 'default' else COLLECTION))

    @dbus.service.method(SECRET + 'Service', in_signature='a{ss}', out_signature='aoao',
                         async_callbacks=('reply', 'fail'))
    def SearchItems(self, attributes, reply, fail):
        paths = dbus.Array(state['items'], signature='o')
        none = dbus.Array([], signature='o')
        if is_fault('silent-search'):
            return
        if is_fault('vanishes'):
            os._exit(0)
        if is_fault('fails'):
            fail(dbus.DBusException('out of order', name='org.example.Broken'))
        elif is_fault('deleted'):
            reply(dbus.Array([COLLECTION + '/gone'], signature='o'), none)
        elif is_fault('item-locked'):
            reply(none, paths)
        else:
            reply(paths, none)

    @dbus.service.method(SECRET + 'Service', in_signature='aoo', out_signature='a{o(oayays)}',
                         async_callbacks=('reply', 'fail'))
    def GetSecrets(self, paths, session, reply, fail):
        if is_fault('silent-secrets'):
            return
        if is_fault('wrong-key'):
            state['key'] = os.urandom(16)
        reply(dbus.Dictionary({path: encode(session, state['items'][path].value) for path in paths
                               if path in state['items']}, signature='o(oayays)'))

    @dbus.service.method(PROPERTIES, in_signature='s', out_signature='a{sv}')
    def GetAll(self, interface):
        return {'Collections': dbus.Array([COLLECTION], signature='o')}


class Control(dbus.service.Object):
    def __init__(self, bus, path, collection):
        super().__init__(bus, path)
        self.collection = collection

    @dbus.service.method('org.example.Control', in_signature='s', out_signature='')
    def Set(self, fault):
        state['fault'] = fault
        if fault == 'restless':
            GLib.timeout_add(2, self.fidget)
        if fault in ('locked', 'none'):
            changed = dbus.lowlevel.SignalMessage(COLLECTION, PROPERTIES, 'PropertiesChanged')
            changed.append(SECRET + 'Collection', {'Locked': dbus.Boolean(fault == 'locked')},
                           dbus.Array([], signature='s'), signature='sa{sv}as')
            self.connection.send_message(changed)

    def fidget(self):
        changed = dbus.lowlevel.SignalMessage(PATH, SECRET + 'Service', 'CollectionChanged')
        changed.append(dbus.ObjectPath(COLLECTION), signature='o')
        self.connection.send_message(changed)
        return is_fault('restless')

    @dbus.service.method('org.example.Control', in_signature='a(st)', out_signature='')
    def Fill(self, items):
        """Its items from now on, oldest first or not."""
        for item in list(state['items'].values()):
            item.Delete()
        for value, modified in items:
            data = {'binary': b'a\0b\xff', 'huge': b'x' * 300000}.get(str(value), str(value).encode())
            Item(self.connection, data, modified)

    @dbus.service.method('org.example.Control', in_signature='', out_signature='uu')
    def Count(self):
        return len(state['items']), Prompt.dismissed


def main():
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    bus = dbus.bus.BusConnection(sys.argv[1])
    objects = [Service(bus, PATH), Collection(bus, COLLECTION), Prompt(bus, '/prompt')]
    objects.append(Control(bus, '/control', objects[1]))
    name = dbus.service.BusName(NAME, bus)
    GLib.MainLoop().run()
    del name


main()
