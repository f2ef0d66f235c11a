// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Uploads: how each stands, how far it is, and the commands that apply to it; and which of them are listed.
import { confirm } from './dialog.js';
import { format } from './labels.js';
import { formatSize, h, outside, reconcile, safe, setOutside, setText } from './text.js';
import { drawCommands, labelOf, moodOf, progressOf, RULES } from './upload.js';
import { bar } from './view-answer.js';
import { Details } from './view-details.js';
import { _, join, labels, ngettext, say } from './words.js';

// --- One upload ---

// The commands that change something now, the likeliest first.
function commandsFor({ state, reasons, local_copy: isHere }) {
  const is = (...names) => reasons.some(reason => names.includes(reason));
  const commands = [];

  if (state === 'saving' && is('unfinished'))
    commands.push(['commit', _('Send it as it is')]);
  if (state === 'failed' || state === 'retrying' || state === 'confirming')
    commands.push(['retry', _('Retry')]);
  if (is('user'))
    commands.push(['resume', _('Resume')]);
  if (is(...RULES))
    commands.push(['send-now', _('Send now')]);
  if (!['done', 'failed'].includes(state) && !is('user'))
    commands.push(['pause', _('Pause')]);
  if (state === 'done')
    commands.push(['verify', _('Ask the server again')]);
  if (state === 'done' && isHere)
    commands.push(['free', _('Remove the copy here')]);
  commands.push(['remove', state === 'done' ? _('Take off the list') : _('Remove')]);
  return commands;
}

async function remove({ commands }, { id, name, state }, button) {
  if (state === 'done' || await confirm(format(_('%s has not arrived yet.'), safe(name)), _('It is removed with its copy on this device.'),
                                        _('Remove')))
    commands.run(button, 'DELETE', `/v1/uploads/${id}`);
}

function makeUpload(tools) {
  const name = h('h3'), size = h('span', { className: 'quiet' }), label = h('p', { className: 'label' }), progress = bar('');
  const words = h('p', { className: 'words' }), help = h('p', { className: 'quiet' }), actions = h('div', { className: 'actions' });
  const details = new Details(tools);
  const element = h('li', { className: 'upload' }, h('div', { className: 'line' }, name, size), progress, label, words, help, actions,
                    details.element);
  let upload = null;

  function obey(command, button) {
    if (command === 'remove')
      remove(tools, upload, button);
    else
      tools.commands.run(button, 'POST', `/v1/uploads/${upload.id}/${command}`);
  }

  element.update = next => {
    // What the broker has said nothing new of stays as it is, but for a countdown.
    if (next === upload && !next.until)
      return;
    const { confirmed, sent, size: whole } = progressOf(next);
    const { next: does, person } = labels.help(next.state, next.reasons[0]);
    const mood = moodOf(next);

    upload = next;
    setOutside(name, next.name || next.id);
    setText(size, formatSize(Math.max(next.size, next.saved_bytes ?? 0)));
    setText(label, labelOf(next));
    label.className = `label ${mood}`;
    progress.hidden = next.state === 'done' || (next.state === 'saving' && next.reasons.length > 0);
    progress.setAttribute('aria-label', safe(next.name));
    progress.set(confirmed, sent, whole);
    const isTold = next.last_error && ['failed', 'retrying', 'paused', 'confirming'].includes(next.state);

    setOutside(words, isTold ? say(next.last_error.message) : '');
    setText(help, mood === 'bad' || mood === 'waits' ? join(does, person) : '');
    drawCommands(actions, commandsFor(next), next.name, obey);
    details.update(next);
  };
  return element;
}

// --- Which are listed ---

const STATES = ['saving', 'queued', 'uploading', 'confirming', 'retrying', 'paused', 'failed', 'done'];

// The counts are what chooses the list below them.
function makeChoice(show) {
  const element = h('div', { className: 'states', role: 'group', 'aria-label': _('Which uploads are listed') });

  element.draw = model => {
    const choices = [['unfinished', _('Not arrived')], ['all', _('All')],
                     ...STATES.filter(state => model.count(state).uploads > 0 || state === model.which)
                          .map(state => [state, `${labels.title(state)} ${model.count(state).uploads}`])];

    reconcile(element, choices, ([which]) => which, ([which]) => {
      const button = h('button', { type: 'button', className: 'state', onclick: () => show(which, model.group) });

      button.update = ([, text]) => {
        setText(button, text);
        button.setAttribute('aria-pressed', which === model.which);
      };
      return button;
    });
  };
  return element;
}

// --- Commands for many ---

// outbox retry --all, and outbox remove --done.
const FOR_ALL = [
  { state: 'failed', command: 'retry', say: n => format(ngettext('Retry %u that failed', 'Retry all %u that failed', n), n) },
  { state: 'done', command: 'remove', say: n => format(ngettext('Take %u that has arrived off the list', 'Take all %u that have arrived off the list', n), n) },
];

function makeForAll({ api, commands }) {
  const list = async state => (await api.list(`/v1/uploads?limit=1000&state=${state}`, 'uploads', Infinity)).items.map(({ id }) => id);
  const element = h('div', { className: 'actions' });

  element.draw = model => reconcile(element, FOR_ALL.filter(({ state }) => model.count(state).uploads > 1), ({ command }) => command,
    ({ state, command, say }) => {
      const button = h('button', { type: 'button', onclick: () => commands.runMany(button, command, () => list(state)) });

      button.update = () => setText(button, say(model.count(state).uploads));
      return button;
    });
  return element;
}

export class UploadsView {
  #group = h('p', { className: 'filter', hidden: true });
  #list = h('ul', { className: 'uploads' });
  #empty = h('p', { className: 'quiet' });
  #more = h('button', { type: 'button', textContent: _('Show more'), onclick: () => this.tools.model.showMore() });

  // tools: { api, commands, model }
  constructor(tools) {
    this.tools = tools;
    this.choice = makeChoice((which, group) => tools.model.show(which, group));
    this.forAll = makeForAll(tools);
    this.element = h('section', {}, h('h2', { textContent: _('Uploads') }), this.choice, this.#group, this.forAll, this.#empty, this.#list,
                     this.#more);
  }

  #drawGroup(model) {
    const { group } = model;

    this.#group.hidden = !group;
    if (group && this.#group.dataset.group !== group.key)
      this.#group.replaceChildren(outside(group.title || group.key), ' ', h('button', {
        type: 'button', textContent: _('Show all groups'), onclick: () => model.show('unfinished', null) }));
    this.#group.dataset.group = group?.key ?? '';
  }

  draw(model) {
    const uploads = model.list();

    this.choice.draw(model);
    this.forAll.draw(model);
    this.#drawGroup(model);
    setText(this.#empty, model.isLoaded && uploads.length === 0 ? _('There are none.') : '');
    this.#more.hidden = !model.hasMore;
    reconcile(this.#list, uploads, upload => upload.id, () => makeUpload(this.tools));
  }
}
