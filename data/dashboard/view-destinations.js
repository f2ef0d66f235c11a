// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The servers to send to: how each stands, what would change that, and everything that `outbox destination` does.
import { confirm } from './dialog.js';
import { editDestination, pathOf } from './edit-destination.js';
import { format } from './labels.js';
import { drawPage, signIn } from './sign-in.js';
import { formatSize, formatTime, h, outside, reconcile, safe, setOutside, setText } from './text.js';
import { keyOfHold, makeHold } from './view-holds.js';
import { _, join, labels, say } from './words.js';

// --- A trial ---

function drawHolds(tools, holds = []) {
  const list = h('ul', { className: 'holds' });

  reconcile(list, holds, keyOfHold, () => makeHold(tools));
  return holds.length > 0 ? list : null;
}

function describeReport(tools, report, name) {
  const lines = [
    [_('connected to'), report.connected], [_('encrypted by'), report.encrypted], [_('protocol'), report.protocol],
    [_('largest file'), report.max_size && formatSize(report.max_size)],
    [_('confirm URL'), report.confirm && _('answers as expected')],
    [_('amend URL'), report.amend && _('answers as expected')],
  ].filter(([, value]) => value);
  const { next = '', person = '' } = report.state === 'paused' ? labels.help('paused', report.reason) : {};

  return [
    h('p', { className: report.good ? 'good' : 'bad' },
      format(report.good ? _('An upload to %s would go through.') : _('An upload to %s would not go through now.'), safe(name))),
    report.asked ? null : h('p', { textContent: _('The server was not asked, because of what holds uploads on this network:') }),
    lines.length > 0 ? h('dl', {}, lines.map(([key, value]) => [h('dt', { textContent: key }), h('dd', {}, outside(value))])) : null,
    report.message ? h('p', { className: 'words' }, outside(say(report.message))) : null,
    next ? h('p', { textContent: join(next, person) }) : null,
    drawHolds(tools, report.holds),
  ].filter(part => part);
}

// --- One destination ---

// The kind of a secret, which itself is never told.
function describeSignIn({ kind = '', headers = '' } = {}) {
  switch (kind) {
    case 'bearer':
      return _('by a token');
    case 'basic':
      return _('by a user name and a password');
    case 'header':
      return headers;
    default:
      return kind;
  }
}

function describePlace(place = '') {
  switch (place) {
    case 'keyring':
      return _('in your keyring');
    case 'file':
      return _('in a file that only you can read');
    case 'credential':
      return _('in the unit of the service (systemd)');
    default:
      return place;
  }
}

function facts(destination) {
  return [
    [_('URL'), destination.url],
    [_('protocol'), destination.protocol],
    [_('confirm URL'), destination.confirm_url],
    [_('amend URL'), destination.amend_url],
    [_('also at'), (destination.also ?? []).join(', ')],
    [_('headers'), (destination.headers ?? []).join(', ')],
    [_('signed in'), describeSignIn(destination.sign_in)],
    [_('sign-in kept'), describePlace(destination.secret_place)],
    [_('waits since'), destination.since && formatTime(destination.since)],
    [_('failed attempts in a row'), destination.failures],
  ].filter(([, value]) => value);
}

function makeButtons(tools, get) {
  const path = () => pathOf(get().name);
  const pause = h('button', { type: 'button', onclick: () => tools.commands.run(pause, 'POST', `${path()}/${pause.dataset.command}`) });
  const change = h('button', { type: 'button', textContent: _('Change…'), onclick: () => editDestination(tools, get()) });
  const test = h('button', { type: 'button', textContent: _('Test') });
  const enter = h('button', { type: 'button', textContent: _('Sign in…'), onclick: () => signIn(tools, get().name, enter) });
  const remove = h('button', {
    type: 'button', textContent: _('Remove'),
    onclick: async () => {
      if (await confirm(format(_('Remove the destination %s?'), get().name), _('Its address and its headers are forgotten here. The server keeps what it has.'),
                        _('Remove')))
        tools.commands.run(remove, 'DELETE', path());
    },
  });

  return { pause, test, enter, change, remove };
}

function makeDestination(tools) {
  const name = h('h3'), mark = h('span', { className: 'quiet' }), label = h('p'), list = h('dl'), holds = h('ul', { className: 'holds' });
  const report = h('div', { role: 'status' }), page = h('div', { role: 'status' });
  const buttons = makeButtons(tools, () => destination);
  const element = h('li', { className: 'card' }, h('div', { className: 'line' }, name, mark), label, holds, page, list,
                    h('div', { className: 'actions' }, Object.values(buttons)), report);
  let destination = null, shown = '';

  buttons.test.addEventListener('click', async () => {
    report.replaceChildren(_('Asking the server …'));
    const answer = await tools.commands.by(buttons.test, () => tools.api.post(`${pathOf(destination.name)}/test`));

    report.replaceChildren(...(answer ? describeReport(tools, answer, destination.name) : []));
  });
  element.update = ({ destination: next, holds: all }) => {
    const isReady = next.state === 'ready', isPaused = (next.reasons ?? []).includes('user');

    if (next !== destination)
      list.replaceChildren(...facts(next).flatMap(([key, value]) => [h('dt', { textContent: key }), h('dd', {}, outside(value))]));
    destination = next;
    if (shown !== JSON.stringify(next.signing_in ?? {})) {
      shown = JSON.stringify(next.signing_in ?? {});
      page.replaceChildren(...drawPage(next.signing_in));
    }
    setOutside(name, next.name);
    setText(mark, next.default ? _('Gets what names no destination') : '');
    setText(label, isReady ? _('Ready') : labels.status({ state: next.state, reason: next.reasons?.[0], until: next.until }, Date.now()));
    label.className = `label ${isReady ? 'good' : next.needs_user ? 'bad' : 'waits'}`;
    reconcile(holds, all, keyOfHold, ({ scope }) => makeHold(tools, scope === 'destination'));
    buttons.pause.dataset.command = isPaused ? 'resume' : 'pause';
    setText(buttons.pause, isPaused ? _('Resume') : _('Pause'));
    for (const button of Object.values(buttons))
      button.setAttribute('aria-label', `${button.textContent}: ${safe(next.name)}`);
  };
  return element;
}

// What holds it, and what holds some of its uploads: a lane is named by destination and rule.
function holdsOf({ name }, holds) {
  return holds.filter(({ scope, key }) => (scope === 'destination' && key === name) || (scope === 'lane' && key.startsWith(`${name}/`)));
}

export class DestinationsView {
  #list = h('ul', { className: 'cards' });
  #empty = h('p', { className: 'quiet' });
  element = h('section', {}, h('h2', { textContent: _('Destinations') }), this.#empty, this.#list,
              h('p', { className: 'around' }, h('button', { type: 'button', textContent: _('Add a destination…'),
                                                            onclick: () => editDestination(this.tools, null) })));

  // tools: { api, commands, model }
  constructor(tools) {
    this.tools = tools;
  }

  draw({ destinations, holds, policy }) {
    setText(this.#empty, policy.rules && destinations.length === 0 ? _('There are none.') : '');
    reconcile(this.#list, destinations.map(destination => ({ destination, holds: holdsOf(destination, holds) })),
              ({ destination }) => destination.name, () => makeDestination(this.tools));
  }
}
