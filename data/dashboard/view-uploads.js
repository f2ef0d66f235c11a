// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Groups and uploads: how each stands, how far it is, and the commands that apply to it.
import { format } from './labels.js';
import { formatSize, formatTime, h, outside, reconcile, safe, setOutside, setText } from './text.js';
import { bar } from './view-answer.js';
import { describeEntry } from './view-around.js';
import { _, labels } from './words.js';

// --- Progress ---

function progressOf(upload) {
  const { state, size, offset, sent_bytes: sent, saved_bytes: saved = 0 } = upload;

  // An upload without a byte is either done or has not begun.
  if (state === 'done')
    return { confirmed: 1, sent: 1, size: 1 };
  if (state === 'saving')
    return { confirmed: Math.min(saved, size), sent: Math.min(saved, size), size };
  return { confirmed: Math.min(offset, size), sent: state === 'uploading' ? Math.min(sent, size) : Math.min(offset, size), size };
}

function withOnTheWay(label, bytes) {
  return bytes > 0 ? format(_('%s · %s on the way'), label, formatSize(bytes)) : label;
}

function labelOf(upload) {
  const { confirmed, sent } = progressOf(upload);
  const label = labels.status({ ...upload, reason: upload.reasons[0] }, Date.now());

  return withOnTheWay(label, upload.state === 'uploading' ? sent - confirmed : 0);
}

function moodOf({ state, needs_user: needsUser }) {
  if (needsUser || state === 'failed')
    return 'bad';
  if (state === 'done')
    return 'good';
  return state === 'paused' || state === 'retrying' ? 'waits' : 'plain';
}

// --- Commands ---

const RULES = ['ask', 'wait-wifi', 'wait-network', 'wait-unmetered', 'battery', 'schedule', 'data-budget', 'not-before'];

// The highest priority (the interface SetPriority).
const FIRST = 1000;

// The commands that change something now, the likeliest first.
function commandsFor({ state, reasons, priority }) {
  const is = (...names) => reasons.some(reason => names.includes(reason));
  const commands = [];

  if (state === 'failed' || state === 'retrying' || state === 'confirming')
    commands.push(['retry', _('Retry')]);
  if (is('user'))
    commands.push(['resume', _('Resume')]);
  if (is(...RULES))
    commands.push(['send-now', _('Send now')]);
  if (!['done', 'failed'].includes(state) && !is('user'))
    commands.push(['pause', _('Pause')]);
  if (['queued', 'paused', 'retrying'].includes(state) && priority < FIRST)
    commands.push(['first', _('Send first')]);
  return commands;
}

// Buttons that stay while they apply, so that a person's focus does. make(command, text): one of them.
function drawCommands(element, commands, make) {
  reconcile(element, commands, ([command]) => command, ([command, text]) => {
    const button = make(command, text);

    button.update = ([, now]) => setText(button, now);
    return button;
  });
}

// --- One upload ---

async function readDetails(api, upload, before) {
  const path = `/v1/uploads/${upload.id}`;
  const [explanation, history, preview] = await Promise.all([
    api.get(`${path}/explanation`).catch(() => null), api.get(`${path}/history`).catch(() => null), before ?? makePreview(api, upload)]);

  return { explanation, entries: history?.entries ?? [], preview };
}

function facts(upload) {
  const { receipt = {} } = upload;
  const copy = upload.reasons.includes('file-changed') ? _('a damaged copy')
               : upload.in_memory ? _('only in memory: lost when the device is switched off')
               : upload.local_copy ? _('a safe copy') : _('no copy');

  return [
    [_('on this device'), copy],
    [_('destination'), upload.destination],
    [_('group'), upload.group_title ?? upload.group],
    [_('type'), upload.media_type],
    [_('handed over'), upload.created_at && formatTime(upload.created_at)],
    [_('goes on at'), upload.until && formatTime(upload.until)],
    [_('confirmed'), receipt.confirmed_at && formatTime(receipt.confirmed_at)],
    [_('record'), receipt.record],
    [_('stored at'), receipt.url],
    [_('app'), upload.app],
    [_('SHA-256'), upload.sha256],
    [_('id'), upload.id],
    ...Object.entries(upload.metadata ?? {}),
  ].filter(([, value]) => value);
}

// Pictures that a browser shows without running anything of them. An SVG is a page of its own.
const PICTURES = ['image/jpeg', 'image/png', 'image/gif', 'image/webp', 'image/avif'];
const PICTURE_MOST_BYTES = 32_000_000;

// The stored file, drawn by the page: the broker decodes no picture. Nothing where it is none, or not on this device.
async function makePreview(api, { id, name, media_type: type, size, state, local_copy: isHere }) {
  if (!PICTURES.includes(type) || !isHere || state === 'saving' || size > PICTURE_MOST_BYTES)
    return null;
  const blob = await api.download(`/v1/uploads/${id}/content`).catch(() => null);

  if (blob?.size !== size)
    return null;
  const url = URL.createObjectURL(blob.slice(0, size, type));

  return h('img', { className: 'preview', src: url, alt: safe(name), onload: () => URL.revokeObjectURL(url),
                    onerror: event => event.target.remove() });
}

function drawDetails(element, upload, { explanation, entries, preview }) {
  const list = h('dl', {}, facts(upload).map(([name, value]) => [h('dt', {}, outside(name)), h('dd', {}, outside(value))]));
  const holds = (explanation?.holds ?? []).map(hold => h('li', {}, h('span', {
    textContent: labels.status({ state: hold.reason === 'retrying' ? 'retrying' : 'paused', reason: hold.reason, until: hold.until },
                               Date.now()) }), hold.message ? [': ', outside(hold.message)] : []));
  const log = entries.map(entry => h('li', {}, describeEntry(entry)));

  element.replaceChildren(...(preview ? [preview] : []), list, ...(holds.length > 0 ? [h('h4', { textContent: _('What holds it') }), h('ul', {}, holds)] : []),
                          ...(log.length > 0 ? [h('h4', { textContent: _('What happened') }), h('ol', { className: 'log' }, log)] : []));
}

function makeUpload({ api, run, confirm }) {
  const name = h('h3'), size = h('span', { className: 'quiet' }), label = h('p', { className: 'label' }), progress = bar('');
  const words = h('p', { className: 'words' }), help = h('p', { className: 'quiet' }), actions = h('div', { className: 'actions' });
  const body = h('div', { className: 'details' });
  const details = h('details', { ontoggle: () => refresh() }, h('summary', { textContent: _('Details') }), body);
  const element = h('li', { className: 'upload' }, h('div', { className: 'line' }, name, size), progress, label, words, help, actions,
                    details);
  let upload = null, shown = '';

  async function refresh() {
    const wanted = details.open ? `${upload.sequence} ${upload.state} ${upload.reasons}` : '';

    if (wanted === shown)
      return;
    shown = wanted;
    if (!wanted) {
      body.replaceChildren();
      return;
    }
    const read = await readDetails(api, upload, body.querySelector('.preview'));

    // What was asked for later is newer.
    if (shown === wanted)
      drawDetails(body, upload, read);
  }

  async function remove(event) {
    const isOver = upload.state === 'done';

    if (isOver || await confirm(format(_('%s has not arrived yet.'), safe(upload.name)), _('It is removed with its copy on this device.'),
                                _('Remove')))
      run(event.target, 'DELETE', `/v1/uploads/${upload.id}`);
  }

  function obey(command, event) {
    const path = `/v1/uploads/${upload.id}`;

    if (command === 'remove')
      remove(event);
    else if (command === 'first')
      run(event.target, 'PATCH', path, { priority: FIRST });
    else
      run(event.target, 'POST', `${path}/${command}`);
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

    setOutside(words, isTold ? next.last_error.message : '');
    setText(help, mood === 'bad' || mood === 'waits' ? `${does} ${person}` : '');
    drawCommands(actions, [...commandsFor(next), ['remove', next.state === 'done' ? _('Take off the list') : _('Remove')]],
                 (command, text) => h('button', { type: 'button', textContent: text, 'aria-label': `${text}: ${safe(next.name)}`,
                                                  onclick: event => obey(command, event) }));
    refresh();
  };
  return element;
}

export class UploadsView {
  #list = h('ul', { className: 'uploads' });
  #empty = h('p', { className: 'quiet' });
  #more = h('button', { type: 'button', textContent: _('Show more'), onclick: () => this.tools.showMore() });
  element = h('section', {}, h('h2', { textContent: _('Uploads') }), this.#empty, this.#list, this.#more);

  // tools: { api, run, confirm, showMore }
  constructor(tools) {
    this.tools = tools;
  }

  draw(model) {
    const uploads = model.list();

    setText(this.#empty, model.isLoaded && uploads.length === 0 ? _('There is none here.') : '');
    this.#more.hidden = !model.hasMore;
    reconcile(this.#list, uploads, upload => upload.id, () => makeUpload(this.tools));
  }
}

// --- Groups ---

// An app's group is named with its app: others may have that key too.
function nameOf({ key, app }) {
  return app ? `${app}/${key}` : key;
}

function makeGroup(run) {
  const title = h('h3'), count = h('span', { className: 'quiet' }), label = h('p'), progress = bar('');
  const actions = h('div', { className: 'actions' });
  const element = h('li', { className: 'upload' }, h('div', { className: 'line' }, title, count), progress, label, actions);

  element.update = group => {
    const name = group.title || group.key;
    const path = `/v1/groups/${encodeURIComponent(nameOf(group))}`;
    const commands = group.paused ? [['resume', _('Resume')]] : [['pause', _('Pause')]];

    setOutside(title, name);
    setText(count, formatSize(group.bytes));
    setText(label, withOnTheWay(labels.group(group, Date.now()), Math.max(group.sent_bytes - group.offset, 0)));
    label.className = `label ${moodOf(group)}`;
    progress.hidden = group.state === 'done';
    progress.setAttribute('aria-label', safe(name));
    progress.set(group.offset, group.sent_bytes, group.bytes);
    if (Object.keys(group.reasons ?? {}).some(reason => RULES.includes(reason)))
      commands.unshift(['send-now', _('Send now')]);
    drawCommands(actions, group.state === 'done' ? [] : commands,
                 (command, text) => h('button', { type: 'button', textContent: text, 'aria-label': `${text}: ${safe(name)}`,
                                                  onclick: event => run(event.target, 'POST', `${path}/${command}`) }));
  };
  return element;
}

export class GroupsView {
  #list = h('ul', { className: 'uploads' });
  element = h('section', { hidden: true }, h('h2', { textContent: _('Groups') }), this.#list);

  constructor(run) {
    this.run = run;
  }

  // What has arrived whole is told by the list of uploads.
  draw(model) {
    const groups = model.groups.filter(group => group.state !== 'done' || model.which === 'all' || model.which === 'done');

    this.element.hidden = groups.length === 0;
    reconcile(this.#list, groups, nameOf, () => makeGroup(this.run));
  }
}
