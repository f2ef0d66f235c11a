// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The broker as the indicator sees it: asked over the bus, never waited for, and never started by looking. With the menu closed it is
// asked once, and told of by SummaryChanged; what the menu shows is asked for while it is open.
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';

import { knowNothing, readFailed, readGroups, readHolds, readSummary } from './model.js';

const NAME = 'org.outbox.Outbox1';
const PATH = '/org/outbox/Outbox1';

const ANSWER_MS = 10000;

// No eye follows more. The broker tells at most four times a second; another one could do so a thousand times.
const PAINT_EVERY_MS = 200;

// Bytes move, and countdowns run, without a change of the counts.
const LOOK_EVERY_MS = 2000;

// A change of the counts is a change of what else is shown.
const ASK_EVERY_MS = 1000;

// Who did not answer is asked again, whether somebody looks or not.
const SILENT_EVERY_MS = 30000;

// One indicator is enough: outbox-status hides while this has the name.
const INDICATOR = 'org.outbox.Indicator';

const GROUPS_ASKED = 20;
const FAILED_ASKED = 4;

// How much of it is on the screen.
export const CLOSED = 0;
export const TILE = 1;
export const MENU = 2;

// Of a call that the model names: the types of what it is told.
const SIGNATURES = { 'Queue.ResumeFor': '(a{sv})', 'Groups.Resume': '(as)', 'Groups.SendNow': '(as)', 'Destinations.Resume': '(s)',
                     'Uploads.Retry': '(as)' };

function pack(arg) {
  if (typeof arg === 'string' || Array.isArray(arg))
    return arg;
  return Object.fromEntries(Object.entries(arg).map(([key, value]) => [key, new GLib.Variant(typeof value === 'number' ? 'u' : 's', value)]));
}

export class Bus {
  known = knowNothing();

  #connection;
  #onChange;
  #cancellable = null;
  #watch = 0;
  #name = 0;
  #subscription = 0;
  #depth = CLOSED;
  #isAsking = false;
  #askAgain = false;
  #askedMs = 0;
  #looks = 0;
  #paint = 0;
  #paintedMs = 0;

  // onChange(): known is other than before; at most five times a second.
  constructor(connection, onChange) {
    this.#connection = connection;
    this.#onChange = onChange;
  }

  start() {
    this.#name = Gio.bus_own_name_on_connection(this.#connection, INDICATOR, Gio.BusNameOwnerFlags.REPLACE, null, null);
    this.#watch = Gio.bus_watch_name_on_connection(this.#connection, NAME, Gio.BusNameWatcherFlags.NONE,
                                                   (_connection, _name, owner) => this.#appear(owner), () => this.#vanish());
  }

  stop() {
    Gio.bus_unown_name(this.#name);
    Gio.bus_unwatch_name(this.#watch);
    this.#forget();
    for (const id of [this.#looks, this.#paint])
      if (id)
        GLib.source_remove(id);
    this.#looks = this.#paint = 0;
    this.#onChange = () => {};
  }

  // --- Coming and going ---

  #appear(owner) {
    this.#forget();
    this.#cancellable = new Gio.Cancellable();
    this.#subscription = this.#connection.signal_subscribe(
      owner, `${NAME}.Queue`, 'SummaryChanged', PATH, null, Gio.DBusSignalFlags.NONE,
      (_connection, _sender, _path, _interface, _signal, parameters) => this.#hear(parameters));
    this.known = { ...knowNothing(), broker: 'asked' };
    this.#changed();
    this.#ask();
  }

  // What it had last is kept: it tells whether work is left that nobody sends now.
  #vanish() {
    this.#forget();
    this.known = { ...knowNothing(), summary: this.known.summary };
    this.#changed();
  }

  // Nobody hears of what is still asked.
  #forget() {
    this.#cancellable?.cancel();
    this.#cancellable = null;
    this.#isAsking = this.#askAgain = false;
    if (this.#subscription)
      this.#connection.signal_unsubscribe(this.#subscription);
    this.#subscription = 0;
  }

  #hear(parameters) {
    if (parameters.get_type_string() !== '(a{sv})')
      return;
    this.known = { ...this.known, broker: 'there', trouble: '', summary: readSummary(parameters.recursiveUnpack()[0]) };
    this.#changed();
    // The rest of what is on the screen is to be of the same moment.
    if (this.#depth > CLOSED && GLib.get_monotonic_time() / 1000 >= this.#askedMs + ASK_EVERY_MS)
      this.#ask();
  }

  // --- Painting ---

  #changed() {
    const nowMs = GLib.get_monotonic_time() / 1000;

    if (this.#paint)
      return;
    if (nowMs >= this.#paintedMs + PAINT_EVERY_MS) {
      this.#paintedMs = nowMs;
      this.#onChange();
      return;
    }
    this.#paint = GLib.timeout_add(GLib.PRIORITY_DEFAULT, Math.ceil(this.#paintedMs + PAINT_EVERY_MS - nowMs), () => {
      this.#paint = 0;
      this.#paintedMs = GLib.get_monotonic_time() / 1000;
      this.#onChange();
      return GLib.SOURCE_REMOVE;
    });
  }

  // --- Looking ---

  get depth() {
    return this.#depth;
  }

  // depth: CLOSED, TILE or MENU.
  look(depth) {
    if (depth === this.#depth)
      return;
    this.#depth = depth;
    this.#tick();
    if (depth > CLOSED)
      this.#ask();
  }

  #tick() {
    const everyMs = this.#depth > CLOSED ? LOOK_EVERY_MS : this.known.broker === 'silent' ? SILENT_EVERY_MS : 0;

    if (this.#looks)
      GLib.source_remove(this.#looks);
    this.#looks = everyMs === 0 ? 0 : GLib.timeout_add(GLib.PRIORITY_DEFAULT, everyMs, () => {
      this.#looks = 0;
      this.#ask();
      this.#tick();
      return GLib.SOURCE_REMOVE;
    });
  }

  // One question at a time: what is asked meanwhile is asked once more when the answer is here.
  async #ask() {
    const cancellable = this.#cancellable;

    if (!cancellable)
      return;
    if (this.#isAsking) {
      this.#askAgain = true;
      return;
    }
    this.#isAsking = true;
    this.#askedMs = GLib.get_monotonic_time() / 1000;
    try {
      const answers = await this.#askAll(cancellable);

      if (cancellable.is_cancelled())
        return;
      this.known = { ...this.known, ...answers, broker: 'there', trouble: '' };
    } catch (error) {
      if (cancellable.is_cancelled())
        return;
      this.known = { ...this.known, broker: 'silent', trouble: this.#wordsOf(error) };
    }
    this.#isAsking = false;
    this.#tick();
    this.#changed();
    if (this.#askAgain) {
      this.#askAgain = false;
      this.#ask();
    }
  }

  async #askAll(cancellable) {
    const ask = (method, parameters, type = '(a{sv})') => this.#call(method, parameters, type, cancellable);
    const filter = options => new GLib.Variant('(a{sv})', [options]);
    const summary = readSummary((await ask('Queue.Summary', null))[0]);

    if (this.#depth === CLOSED)
      return { summary };
    const holds = readHolds((await ask('Queue.Holds', null, '(aa{sv})'))[0]);

    if (this.#depth < MENU)
      return { summary, holds };
    const [groups, cursor] = await ask('Groups.List', filter({
      unfinished: new GLib.Variant('b', true), limit: new GLib.Variant('u', GROUPS_ASKED) }), '(aa{sv}s)');
    const [failed] = summary.states.failed > 0 ? await ask('Uploads.List', filter({
      state: new GLib.Variant('s', 'failed'), limit: new GLib.Variant('u', FAILED_ASKED) }), '(aa{sv}s)') : [[]];
    const [conditions] = await ask('Queue.Conditions', null);

    return { summary, holds, groups: readGroups(groups), hasMoreGroups: cursor !== '', failed: readFailed(failed), conditions };
  }

  // Returns: what it answers, as plain values. An answer of another type is an error.
  #send(interfaceName, name, parameters, type, flags, cancellable) {
    return new Promise((resolve, reject) => {
      this.#connection.call(NAME, PATH, interfaceName, name, parameters, type && new GLib.VariantType(type), flags, ANSWER_MS, cancellable,
                            (connection, result) => {
                              try {
                                resolve(connection.call_finish(result).recursiveUnpack());
                              } catch (error) {
                                reject(error);
                              }
                            });
    });
  }

  // method: such as "Queue.Summary". It does not start a broker that is not there.
  #call(method, parameters, type, cancellable = this.#cancellable) {
    const [interfaceName, name] = method.split('.');

    return this.#send(`${NAME}.${interfaceName}`, name, parameters, type, Gio.DBusCallFlags.NO_AUTO_START, cancellable);
  }

  // --- A person's word ---

  // What a broker says of its own accord; '' of a bus that tells of a broker that did not answer.
  #wordsOf(error) {
    if (!(error instanceof GLib.Error) || !Gio.DBusError.get_remote_error(error)?.startsWith(NAME))
      return '';
    Gio.DBusError.strip_remote_error(error);
    return error.message;
  }

  // Does what a button says. Returns: why it was not done, in the broker's words where it has some; null where it was.
  async #by(doing) {
    const cancellable = this.#cancellable;

    try {
      await doing();
      this.#ask();
      return null;
    } catch (error) {
      return cancellable?.is_cancelled() ? null : this.#wordsOf(error);
    }
  }

  // order: { interfaceName, method, args }, as the model makes them.
  obey({ interfaceName, method, args }) {
    const name = `${interfaceName}.${method}`;
    const parameters = Object.hasOwn(SIGNATURES, name) ? new GLib.Variant(SIGNATURES[name], args.map(pack)) : null;

    return this.#by(() => this.#call(name, parameters, null));
  }

  // The one call that may start it: a person has said so.
  startBroker() {
    return this.#by(() => this.#send('org.freedesktop.DBus.Peer', 'Ping', null, null, Gio.DBusCallFlags.NONE, null));
  }

  // show(url): the address of the page that shows all. It is good once, for a minute.
  openPage(show) {
    return this.#by(async () => show((await this.#call('Access.OpenDashboard', null, '(s)'))[0]));
  }
}
