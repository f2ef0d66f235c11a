# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Reads the introspection data of its argument: says each public symbol without a word about it, each asynchronous call without its
# finish function and its form that waits, and what a binding has to know of the package. Prints how many symbols it has read.
import sys
import xml.etree.ElementTree as ElementTree

CORE = '{http://www.gtk.org/introspection/core/1.0}'
GLIB = '{http://www.gtk.org/introspection/glib/1.0}'
C = '{http://www.gtk.org/introspection/c/1.0}'
PUBLIC = {CORE + name for name in ('class', 'interface', 'record', 'enumeration', 'bitfield', 'callback', 'function', 'method',
                                   'constructor', 'property', 'member', 'constant', 'alias')} | {GLIB + 'signal'}
# What G_DECLARE_FINAL_TYPE makes; and what comes with an enum or a domain that is documented.
MADE = ('ClientClass', 'GroupClass', 'ListClass', 'UploadClass', 'N_STATES', 'N_REASONS', 'N_RUNGS', 'error_quark', 'quark')
root = ElementTree.parse(sys.argv[1]).getroot()
symbols = 0


def name_of(element):
    return element.get(C + 'identifier') or element.get(C + 'type') or element.get('name')


def look(element, path):
    global symbols
    for child in element:
        name = f'{path}.{name_of(child)}'
        if child.tag in PUBLIC and child.get('name') not in MADE and child.get('introspectable') != '0':
            symbols += 1
            # Of a plain getter or a row of a table, what it returns or has is enough.
            places = [child, *child.findall(CORE + 'return-value'), *child.findall(CORE + 'field')]
            if all(place.find(CORE + 'doc') is None for place in places):
                print('not documented:', name)
        look(child, name)


look(root.find(CORE + 'namespace'), 'Outbox')
functions = {element.get(C + 'identifier') for element in root.iter() if element.get(C + 'identifier')}
for name in sorted(functions):
    if name.endswith('_async'):
        for form in ('_finish', '_sync'):
            if name[:-len('_async')] + form not in functions:
                print('has no', form, name)
if root.find(C + 'include').get('name') != 'outbox.h' or root.find(CORE + 'package').get('name') != 'outbox':
    print('names another header or package')
print(symbols > 250)
