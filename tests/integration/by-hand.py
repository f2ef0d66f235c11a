# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Makes an object of every type of liboutbox by hand, with nothing that it needs, reads each property and calls each method with the
# plainest arguments that there are. What a method answers is its own affair; that each call which was begun is answered is counted.
# Prints the numbers, and "all answered". Nothing here has a bus.
import gi
gi.require_version('Outbox', '0')
from gi import _gi as information
from gi.repository import Gio, GLib, GObject, Outbox

Tag = information.TypeTag
counts = {'types': 0, 'properties': 0, 'methods': 0}
begun, answered = [], []
kept = []


def sample(argument):
    """Returns: the plainest value of its type"""
    kind = argument.get_type()
    tag = kind.get_tag()
    if tag == Tag.UTF8:
        return ''
    if tag == Tag.ARRAY:
        return []
    if tag != Tag.INTERFACE:
        return None if tag == Tag.VOID else 0
    info = kind.get_interface()
    name = info.get_name()
    if isinstance(info, information.CallbackInfo):
        return lambda source, result, *data: answered.append(result)
    if name == 'Variant':
        return GLib.Variant('a{sv}', {})
    if name == 'AsyncResult':
        return Gio.Task.new(None, None, None)
    if name == 'File':
        return Gio.File.new_for_path('/nowhere')
    if name == 'Cancellable':
        return None
    if isinstance(info, information.EnumInfo):
        return getattr(Outbox, name)(0)
    return make(getattr(Outbox, name))


def make(kind):
    made = GObject.new(kind.__gtype__)
    kept.append(made)
    return made


def call(made, method):
    arguments = [sample(argument) for argument in method.get_arguments()
                 if argument.get_direction() != information.Direction.OUT and argument.get_name() != 'user_data']
    name = method.get_name()
    counts['methods'] += 1
    if name.endswith('_async'):
        begun.append(name)
    try:
        getattr(made, name)(*arguments)
    except GLib.Error:
        pass
    except TypeError as error:
        print('cannot be called so:', name, error)


for name in dir(Outbox):
    kind = getattr(Outbox, name)
    if not isinstance(kind, type) or not issubclass(kind, GObject.Object) or kind.__gtype__.is_abstract():
        continue
    counts['types'] += 1
    made = make(kind)
    for spec in made.list_properties():
        counts['properties'] += 1
        made.get_property(spec.name)
    for method in kind.__info__.get_methods():
        if method.is_method():
            call(made, method)
while len(answered) < len(begun):
    GLib.MainContext.default().iteration(True)
print(counts['types'], 'types,', counts['properties'], 'properties,', counts['methods'], 'methods')
print('all answered')
