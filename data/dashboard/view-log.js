// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The log: what happened to uploads, and to what holds them.
import { format } from './labels.js';
import { formatTime, h, outside } from './text.js';
import { _, labels, ngettext, say } from './words.js';

// What is no state and no hold.
const EVENTS = {
  added: () => _('Added'), created: () => _('Started on the server'), paused: () => _('Paused by you'), resumed: () => _('Resumed by you'), removed: () => _('Removed'), release: () => _('Continued'), approved: () => _('Allowed'),
  denied: () => _('Denied'), revoked: () => _('Revoked'), lost: () => _('The server no longer has it'),
  restored: () => _('The copy on this device is back'), 'offset-back': () => _('The server has less than it had confirmed'),
  repaired: () => _('Repaired'), adopted: () => _('Found again'), amended: () => _('Changed'), amendment: () => _('The server was told of a change'),
  anew: () => _('Begun anew'), free: () => _('Space was asked for'), place: () => _('Another place on the server'),
  'given-up': () => _('Another place on the server'), metadata: () => _('Not all that was said of it was sent'), method: () => _('Sent in another way'),
  priority: () => _('Another priority'), retried: () => _('Retried by you'), rule: () => _('Another rule applies'), 'send-now': () => _('Sent now, by you'),
  verified: () => _('The server was asked again'), verify: () => _('A question to the server was asked for'),
};

// What a row says in words; an event that this page does not know is told by its name.
function describeWhat({ event, state, reason = '' }) {
  if (event === 'state' && labels.title(state) !== state)
    return reason ? labels.status({ state, reason }, Date.now()) : labels.title(state);
  if (event === 'hold')
    return reason.split(/[ ,]+/).map(name => labels.status({ state: 'paused', reason: name }, Date.now())).join(', ');
  return EVENTS[event]?.() ?? [event, reason].filter(part => part).join(' · ');
}

// An entry of the log: when, what, and about what.
export function describeEntry(entry) {
  const { at, count = 1 } = entry;
  const message = say(entry.message);
  const repeated = count > 1 ? format(ngettext('%s · %u time', '%s · %u times', count), message, count) : message;
  const what = [describeWhat(entry), entry.key, repeated].filter(part => part);

  return [h('time', { dateTime: new Date(at).toISOString(), textContent: formatTime(at) }), ' ', outside(what.join(' · '))];
}

// Asks for the log when it is shown, and again when something has changed.
export class LogView {
  #list = h('ol', { className: 'log whole' });
  element = h('section', {}, h('h2', { textContent: _('What happened lately') }), this.#list);

  #drawn = null;

  constructor({ api }) {
    this.api = api;
  }

  async draw({ summary, uploads }) {
    if (summary === this.#drawn)
      return;
    this.#drawn = summary;
    const { entries } = await this.api.get('/v1/history').catch(() => ({ entries: [] }));

    this.#list.replaceChildren(...entries.reverse().map(entry => h('li', {}, ...describeEntry(entry), ' ',
      outside(uploads.get(entry.id)?.name ?? (entry.id ?? '').slice(-8), 'quiet'))));
  }
}
