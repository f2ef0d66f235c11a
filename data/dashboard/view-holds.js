// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What keeps uploads waiting, with what Outbox does next, what a person can do, and the button that does it.
import { editDestination } from './edit-destination.js';
import { signIn } from './sign-in.js';
import { h, reconcile, safe, setOutside, setText } from './text.js';
import { _, join, labels, say } from './words.js';

// Trouble of a server whose end is another address.
const OF_SETTINGS = ['no-destination', 'wrong-address', 'certificate', 'proxy'];

// What a rule says, so that a person can let it go on for a time.
const OF_RULES = ['ask', 'wait-wifi', 'wait-network', 'wait-unmetered', 'roaming', 'battery', 'schedule', 'data-budget'];

const HOUR_S = 3600;

// What the buttons of this page can do about a hold, the likeliest first. What they cannot, the hold's command says.
function helpWith({ scope, key = '', reason }) {
  const name = encodeURIComponent(key), resume = `/v1/destinations/${name}/resume`;
  const help = [];

  if (scope === 'queue' && (reason === 'queue' || reason === 'storage'))
    help.push({ text: _('Resume'), path: '/v1/queue/resume' });
  if (scope === 'lane' && reason === 'ask')
    help.push({ text: _('Send on this network'), path: '/v1/queue/allow-network' });
  if (scope === 'lane' && OF_RULES.includes(reason))
    help.push({ text: _('Continue for an hour'), path: '/v1/queue/resume-for', body: { seconds: HOUR_S, destination: key.split('/')[0] } });
  if (scope === 'group' && reason === 'user')
    help.push({ text: _('Resume'), path: `/v1/groups/${name}/resume` });
  if (scope === 'destination' && reason === 'user')
    help.push({ text: _('Resume'), path: resume });
  if (scope === 'destination' && !['user', 'sign-in', 'no-destination'].includes(reason))
    help.push({ text: _('Try now'), path: resume });
  if (scope === 'destination' && reason === 'sign-in')
    help.push({ text: _('Sign in…'), signInTo: key });
  if (scope === 'destination' && OF_SETTINGS.includes(reason))
    help.push({ text: _('Change its settings…'), settingsOf: key });
  return help;
}

export function labelOfHold({ reason, until }) {
  return labels.status({ state: reason === 'retrying' ? 'retrying' : 'paused', reason, until }, Date.now());
}

export function keyOfHold({ scope, key = '', reason }) {
  return `${scope} ${key} ${reason}`;
}

function obey({ commands, api, model }, { path, body, settingsOf, signInTo }, button) {
  if (path)
    commands.run(button, 'POST', path, body);
  else if (signInTo)
    signIn({ api, commands, model }, signInTo, button);
  else
    editDestination({ api, model }, model.destinations.find(({ name }) => name === settingsOf) ?? null, settingsOf);
}

// tools: { api, commands, model }. isKnown: what it is about stands above it.
export function makeHold(tools, isKnown = false) {
  const key = h('bdi', { className: 'key' }), label = h('span', { className: 'label' });
  const message = h('p', { className: 'words' }), next = h('p'), command = h('code'), actions = h('div', { className: 'actions' });
  const element = h('li', { className: 'hold' }, h('p', { className: 'title', hidden: isKnown }, key, label), message, next, command, actions);

  element.update = hold => {
    const { next: does, person } = labels.help('paused', hold.reason);
    const help = helpWith(hold);

    setOutside(key, hold.key);
    setText(label, labelOfHold(hold));
    setOutside(message, say(hold.message));
    setText(next, join(does, person));
    setOutside(command, help.some(({ path }) => path) ? '' : hold.command);
    element.classList.toggle('needs-you', hold.needs_user ?? false);
    reconcile(actions, help, ({ text }) => text, each => {
      const button = h('button', { type: 'button', textContent: each.text, 'aria-label': `${each.text}: ${safe(hold.key)}`,
                                   onclick: () => obey(tools, each, button) });

      button.update = () => {};
      return button;
    });
  };
  return element;
}

export class HoldsView {
  #list = h('ul', { className: 'cards' });
  element = h('section', { hidden: true }, h('h2', { textContent: _('What waits, and for what') }), this.#list);

  constructor(tools) {
    this.tools = tools;
  }

  draw({ holds }) {
    this.element.hidden = holds.length === 0;
    reconcile(this.#list, holds, keyOfHold, () => {
      const element = makeHold(this.tools);

      element.classList.add('card');
      return element;
    });
  }
}
