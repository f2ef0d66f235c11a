// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What is around the queue: the servers to send to, the rules, the log; and the question that a command asks before it takes something
// away.
import { formatTime, h, outside, reconcile, safe, setOutside, setText } from './text.js';
import { _, labels } from './words.js';

function makeDestination(run) {
  const name = h('p', { className: 'title' }), label = h('p', { className: 'label' }), url = h('p', { className: 'quiet' });
  const words = h('p', { className: 'words' }), command = h('button', { type: 'button', onclick: () => run(command, 'POST', command.dataset.path) });
  const element = h('li', { className: 'card' }, name, label, url, words, h('div', { className: 'actions' }, command));

  element.update = destination => {
    const isReady = destination.state === 'ready';

    setOutside(name, destination.name);
    setText(label, isReady ? _('Ready')
                   : labels.status({ state: destination.state, reason: destination.reasons?.[0], until: destination.until }, Date.now()));
    label.className = `label ${isReady ? 'good' : destination.needs_user ? 'bad' : 'waits'}`;
    setOutside(url, destination.url);
    setOutside(words, destination.message);
    const isPaused = (destination.reasons ?? []).includes('user');

    command.dataset.path = `/v1/destinations/${encodeURIComponent(destination.name)}/${isPaused ? 'resume' : 'pause'}`;
    setText(command, isPaused ? _('Resume') : _('Pause'));
    command.setAttribute('aria-label', `${command.textContent}: ${safe(destination.name)}`);
  };
  return element;
}

export class DestinationsView {
  #list = h('ul', { className: 'cards' });
  element = h('section', { hidden: true }, h('h2', { textContent: _('Destinations') }), this.#list);

  constructor(run) {
    this.run = run;
  }

  draw(model) {
    this.element.hidden = model.destinations.length === 0;
    reconcile(this.#list, model.destinations, destination => destination.name, () => makeDestination(this.run));
  }
}

// Asks a person. Returns: whether they agree; Escape is a no.
export function confirm(title, text, yes) {
  const opener = document.activeElement;
  const dialog = h('dialog', { 'aria-labelledby': 'question' },
                   h('form', { method: 'dialog' }, h('h2', { id: 'question' }, outside(title)), h('p', { textContent: text }),
                     h('div', { className: 'actions' },
                       h('button', { type: 'submit', value: 'no', textContent: _('Cancel'), autofocus: true }),
                       h('button', { type: 'submit', value: 'yes', textContent: yes, className: 'strong' }))));

  document.body.append(dialog);
  dialog.showModal();
  return new Promise(resolve => dialog.addEventListener('close', () => {
    dialog.remove();
    opener?.focus();
    resolve(dialog.returnValue === 'yes');
  }));
}

// --- Rules ---

const UNUSED = ['', 0, 'allow'];

// A line for each thing that a rule says, by the names of outbox.conf(5).
function describeRule(rule) {
  return Object.entries(rule).filter(([key, value]) => !['name', 'file'].includes(key) && !UNUSED.includes(value)
                                                       && !(Array.isArray(value) && value.length === 0))
    .map(([key, value]) => `${key.replaceAll('_', '-')}=${Array.isArray(value) ? value.join(';') : value}`);
}

export class RulesView {
  #body = h('div', { className: 'details' });
  element = h('details', { className: 'around' }, h('summary', { textContent: _('Rules: what may travel, where and when') }), this.#body);

  #drawn = null;

  draw({ policy }) {
    if (policy === this.#drawn)
      return;
    this.#drawn = policy;
    const rules = policy.rules ?? [];

    this.#body.replaceChildren(...rules.flatMap(rule => [
      h('h4', {}, outside(rule.name)), h('p', {}, outside(describeRule(rule).join(' · '))),
    ]), h('p', { className: 'quiet' }, outside((policy.files ?? []).join(' · '))));
  }
}

// --- Journal ---

// An entry of the log: when, and what.
export function describeEntry(entry) {
  const what = [entry.state ? labels.title(entry.state) : entry.event, entry.message || entry.reason, entry.key];

  return [h('time', { textContent: formatTime(entry.at) }), ' ', outside(what.filter(part => part).join(' · '))];
}

// Asks for the log when somebody opens it, and again when they open it anew.
export class JournalView {
  #list = h('ol', { className: 'log' });
  element = h('details', { className: 'around', ontoggle: () => this.#load() },
              h('summary', { textContent: _('What happened lately') }), this.#list);

  constructor(api) {
    this.api = api;
  }

  async #load() {
    if (!this.element.open)
      return;
    const { entries } = await this.api.get('/v1/history').catch(() => ({ entries: [] }));

    this.#list.replaceChildren(...entries.reverse().map(entry => h('li', {}, ...describeEntry(entry), ' ',
                                                                   outside((entry.id ?? '').slice(-8), 'quiet'))));
  }

  draw() {
  }
}
