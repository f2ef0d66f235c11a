// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Web apps: one that asks to be let in, in view whatever else is, and those that were let in.
import { confirm } from './dialog.js';
import { format } from './labels.js';
import { formatTime, h, outside, reconcile, safe, setOutside, setText } from './text.js';
import { _ } from './words.js';

// The origin comes in ASCII (punycode): letters that look like others are seen, and said.
function describeOrigin(app) {
  return /(\/|\.)xn--/.test(app) ? _('Its name has letters that can look like others. Be sure that you know it.') : '';
}

function describeWish({ scope }) {
  return scope === 'manage' ? _("It would see and change all uploads, also those of others.")
                            : _('It would see and change only what it adds.');
}

function describeScope({ scope }) {
  return scope === 'manage' ? _('all uploads') : _('its own uploads');
}

// A page chooses the moment at which its question comes up, and could choose the one of a click on something else.
const CLICK_MS = 1000;

function makeAnswers(commands, { request, app }) {
  const make = (text, className, answer) => {
    const button = h('button', { type: 'button', textContent: text, className, 'aria-label': `${text}: ${safe(app)}`, 'aria-disabled': true,
                                 onclick: () => commands.run(button, 'POST', `/v1/apps/${encodeURIComponent(request)}/${answer}`) });

    setTimeout(() => button.removeAttribute('aria-disabled'), CLICK_MS);
    return button;
  };

  return [make(_('Allow'), 'strong', 'approve'), make(_('Deny'), '', 'deny')];
}

function makeQuestion(commands) {
  const origin = h('p', { className: 'origin' }), code = h('p', { className: 'code' }), doubt = h('p', { className: 'bad' });
  const wish = h('p'), actions = h('div', { className: 'actions' });
  const element = h('li', { className: 'card needs-you' },
                    h('p', { className: 'title', textContent: _('A web page asks to add files') }), origin, doubt, wish,
                    h('p', { textContent: _('Allow it only if its page shows this code:') }), code, actions);

  element.update = app => {
    setOutside(origin, app.app);
    setText(doubt, describeOrigin(app.app));
    setText(wish, describeWish(app));
    setText(code, app.code);
    if (actions.childElementCount === 0)
      actions.append(...makeAnswers(commands, app));
  };
  return element;
}

export class QuestionsView {
  #list = h('ul', { className: 'cards' });
  element = h('section', { className: 'questions', hidden: true, role: 'alert' }, this.#list);

  constructor({ commands }) {
    this.commands = commands;
  }

  draw(model) {
    this.element.hidden = model.asking.length === 0;
    reconcile(this.#list, model.asking, app => app.request, () => makeQuestion(this.commands));
  }
}

function makeApp(commands) {
  const origin = h('p', { className: 'title' }), scope = h('p', { className: 'quiet' });
  const element = h('li', { className: 'card' }, origin, scope);
  let app = null;

  element.append(h('div', { className: 'actions' }, h('button', {
    type: 'button', textContent: _('Revoke'),
    onclick: async event => {
      if (await confirm(format(_('Revoke %s?'), app.app), _('Its pages have to ask again. What it has added stays.'), _('Revoke')))
        commands.run(event.target, 'DELETE', `/v1/apps/${encodeURIComponent(app.app)}`);
    },
  })));
  element.update = next => {
    app = next;
    setOutside(origin, app.app);
    setText(scope, `${describeScope(app)} · ${formatTime(app.paired_at)}`);
  };
  return element;
}

export class AppsView {
  #list = h('ul', { className: 'cards' });
  #empty = h('p', { className: 'quiet' });
  element = h('section', {}, h('h2', { textContent: _('Web apps that may add files') }), this.#empty, this.#list);

  constructor({ commands }) {
    this.commands = commands;
  }

  draw(model) {
    // An origin is there once for each browser; a revocation ends all of them.
    const apps = [...new Map(model.apps.filter(app => app.state === 'paired').map(app => [app.app, app])).values()];

    setText(this.#empty, apps.length === 0 ? _('There are none.') : '');
    reconcile(this.#list, apps, app => app.app, () => makeApp(this.commands));
  }
}
