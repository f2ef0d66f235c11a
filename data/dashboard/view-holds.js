// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What keeps more than one upload waiting, with what Outbox does next, what a person can do, and the button that does it.
import { h, outside, reconcile, setOutside, setText } from './text.js';
import { _, labels } from './words.js';

// What a button of this page can do about a hold. What it cannot (give credentials, another address) the hold's command says.
function help({ scope, key, reason }) {
  const name = encodeURIComponent(key ?? '');

  if (scope === 'queue' && (reason === 'queue' || reason === 'storage'))
    return { text: _('Resume'), path: '/v1/queue/resume' };
  if (scope === 'lane' && reason === 'ask')
    return { text: _('Send on this network'), path: '/v1/queue/allow-network' };
  if (scope === 'group' && reason === 'user')
    return { text: _('Resume'), path: `/v1/groups/${name}/resume` };
  if (scope === 'destination' && !['sign-in', 'no-destination'].includes(reason))
    return { text: reason === 'user' ? _('Resume') : _('Try now'), path: `/v1/destinations/${name}/resume` };
  return null;
}

function makeHold(run) {
  const key = h('bdi', { className: 'key' }), label = h('span', { className: 'label' });
  const message = h('p', { className: 'words' }), next = h('p'), command = h('code'), actions = h('div', { className: 'actions' });
  const element = h('li', { className: 'card' }, h('p', { className: 'title' }, key, label), message, next, command, actions);
  let now = null;

  element.update = hold => {
    const { next: does, person } = labels.help('paused', hold.reason);
    const button = help(hold);

    setOutside(key, hold.key);
    setText(label, labels.status({ state: hold.reason === 'retrying' ? 'retrying' : 'paused', reason: hold.reason, until: hold.until },
                                 Date.now()));
    setOutside(message, hold.message);
    setText(next, `${does} ${person}`);
    setOutside(command, button ? '' : hold.command);
    element.classList.toggle('needs-you', hold.needs_user);
    if (now?.path !== button?.path || now?.text !== button?.text)
      actions.replaceChildren(...(button ? [h('button', { type: 'button', textContent: button.text,
                                                          onclick: event => run(event.target, 'POST', button.path) })] : []));
    now = button;
  };
  return element;
}

export class HoldsView {
  #list = h('ul', { className: 'cards' });
  element = h('section', { hidden: true }, h('h2', { textContent: _('What waits, and for what') }), this.#list);

  constructor(run) {
    this.run = run;
  }

  draw(model) {
    this.element.hidden = model.holds.length === 0;
    reconcile(this.#list, model.holds, hold => `${hold.scope} ${hold.key ?? ''} ${hold.reason}`, () => makeHold(this.run));
  }
}
