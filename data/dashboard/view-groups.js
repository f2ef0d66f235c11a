// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Groups: how each stands as a whole, and what `outbox group` does.
import { confirm } from './dialog.js';
import { format } from './labels.js';
import { formatSize, h, reconcile, safe, setOutside, setText } from './text.js';
import { bar } from './view-answer.js';
import { drawCommands, moodOf, RULES, withOnTheWay } from './upload.js';
import { _, labels, ngettext } from './words.js';

// An app's group is named with its app: others may have that key too.
function nameOf({ key, app }) {
  return app ? `${app}/${key}` : key;
}

function commandsFor(group) {
  const commands = [['show', _('Show its uploads')]];

  if (group.state !== 'done') {
    if (Object.keys(group.reasons ?? {}).some(reason => RULES.includes(reason)))
      commands.push(['send-now', _('Send now')]);
    if (group.states.failed > 0 || group.states.retrying > 0)
      commands.push(['retry', _('Retry')]);
    commands.push(group.paused ? ['resume', _('Resume')] : ['pause', _('Pause')]);
  }
  commands.push(['remove', group.state === 'done' ? _('Take off the list') : _('Remove')]);
  return commands;
}

// The ids of its uploads.
async function listIds(api, { key, app = '' }, wanted = () => true) {
  const filter = new URLSearchParams({ limit: 1000, group: key, group_app: app });
  const { items } = await api.list(`/v1/uploads?${filter}`, 'uploads', Infinity);

  return items.filter(wanted).map(({ id }) => id);
}

async function remove({ api, commands }, group, button) {
  const left = group.uploads - group.done, bytes = formatSize(group.bytes - group.done_bytes);

  if (left === 0 || await confirm(format(ngettext('%u upload has not arrived yet (%s).', '%u uploads have not arrived yet (%s).', left), left, bytes),
                                  _('It is removed with its copy on this device.'), _('Remove')))
    commands.runMany(button, 'remove', () => listIds(api, group));
}

function obey(tools, group, command, button) {
  if (command === 'show')
    tools.showGroup(group);
  else if (command === 'remove')
    remove(tools, group, button);
  else if (command === 'retry')
    tools.commands.runMany(button, 'retry', () => listIds(tools.api, group, ({ state }) => ['failed', 'retrying'].includes(state)));
  else
    tools.commands.run(button, 'POST', `/v1/groups/${encodeURIComponent(nameOf(group))}/${command}`);
}

function makeGroup(tools) {
  const title = h('h3'), count = h('span', { className: 'quiet' }), label = h('p'), progress = bar('');
  const actions = h('div', { className: 'actions' });
  const element = h('li', { className: 'upload' }, h('div', { className: 'line' }, title, count), progress, label, actions);
  let group = null;

  element.update = next => {
    const name = next.title || next.key;

    // What the broker has said nothing new of stays as it is, but for a countdown.
    if (next === group && !next.until)
      return;
    group = next;
    setOutside(title, name);
    setText(count, formatSize(group.bytes));
    setText(label, withOnTheWay(labels.group(group, Date.now()), Math.max(group.sent_bytes - group.offset, 0)));
    label.className = `label ${moodOf(group)}`;
    progress.hidden = group.state === 'done';
    progress.setAttribute('aria-label', safe(name));
    progress.set(group.offset, group.sent_bytes, group.bytes);
    drawCommands(actions, commandsFor(group), name, (command, button) => obey(tools, group, command, button));
  };
  return element;
}

export class GroupsView {
  #list = h('ul', { className: 'uploads' });
  #empty = h('p', { className: 'quiet' });
  element = h('section', {}, h('h2', { textContent: _('Groups') }), this.#empty, this.#list);

  // tools: { api, commands, showGroup(group) }
  constructor(tools) {
    this.tools = tools;
  }

  draw({ groups, isLoaded }) {
    setText(this.#empty, isLoaded && groups.length === 0 ? _('There are none.') : '');
    reconcile(this.#list, groups, nameOf, () => makeGroup(this.tools));
  }
}
