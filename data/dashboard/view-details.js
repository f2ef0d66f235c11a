// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Everything that is known of one upload: a picture of it, facts, what holds it and what would change that, its rule, its place in the
// order, and what happened to it.
import { format } from './labels.js';
import { formatTime, h, outside, reconcile, safe } from './text.js';
import { keyOfHold, makeHold } from './view-holds.js';
import { describeEntry } from './view-log.js';
import { describeRule } from './view-rules.js';
import { _, say } from './words.js';

// The bounds of the interface (SetPriority).
const FIRST = 1000;
const LAST = -1000;

// --- The picture ---

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

// --- Facts ---

// What the server has said since, in the words of `outbox verify`.
function describeVerified({ result, message }) {
  const words = {
    asked: _('no answer yet'), confirmed: _('The server has it'), less: _('The server has it, but confirms less than it should'),
    gone: _('The server no longer has it'), changed: _('The server has something else instead'),
  }[result] ?? _('The server does not say');

  return message ? format(_('%s: %s'), words, say(message)) : words;
}

// What became of a change of which the server had to be told by a request of its own, in the words of `outbox show`.
function describeAmendment({ result, message }, state) {
  const words = {
    taken: _('the server has taken it'), refused: _('the server has refused it'),
    'gave-up': _('given up: the server has not taken it for a week'),
  }[result] ?? (state === 'done' ? _('on its way to the server') : _('goes to the server when the file has arrived'));

  return message ? format(_('%s: %s'), words, say(message)) : words;
}

function facts(upload) {
  const { receipt = {}, verified, amendment } = upload;
  const copy = upload.reasons.includes('file-changed') ? _('a damaged copy')
               : upload.in_memory ? _('only in memory: lost when the device is switched off')
               : upload.local_copy && upload.state !== 'done' ? _('the only copy until the server confirms it')
               : upload.local_copy ? _('a safe copy') : _('no copy');

  return [
    [_('on this device'), copy],
    [_('destination'), upload.destination],
    [_('group'), upload.group_title ?? upload.group],
    [_('type'), upload.media_type],
    [_('added'), upload.created_at && formatTime(upload.created_at)],
    [_('continues at'), upload.until && formatTime(upload.until)],
    [_('confirmed'), receipt.confirmed_at && formatTime(receipt.confirmed_at)],
    [_('asked again'), verified && format('%s · %s', describeVerified(verified), formatTime(verified.at))],
    [_('changed after it was sent'), amendment && describeAmendment(amendment, upload.state)],
    [_('record'), receipt.record],
    [_('stored at'), receipt.url],
    [_('app'), upload.app],
    [_('SHA-256'), upload.sha256],
    [_('ID'), upload.id],
    ...Object.entries(upload.metadata ?? {}),
  ].filter(([, value]) => value);
}

function drawFacts(upload) {
  return h('dl', {}, facts(upload).map(([name, value]) => [h('dt', {}, outside(name)), h('dd', {}, outside(value))]));
}

// --- What holds it ---

function drawHolds(tools, upload, explanation) {
  const list = h('ul', { className: 'holds' });

  if (!explanation || ['done', 'failed'].includes(upload.state))
    return null;
  reconcile(list, explanation.holds ?? [], keyOfHold, () => makeHold(tools));
  return [h('h4', { textContent: _('What holds it') }),
          list.childElementCount > 0 ? list : h('p', { className: 'quiet', textContent: _('Nothing holds it.') })];
}

function drawRule(explanation) {
  const { rule, sent_now: isSentNow } = explanation ?? {};

  if (!rule)
    return null;
  return [h('h4', { textContent: _('Its rule:') }), h('p', {}, outside([rule.name, ...describeRule(rule)].join(' · '))),
          isSentNow ? h('p', { textContent: _('You have allowed it on one network, whatever the rule says.') }) : null];
}

// --- Its place in the order ---

function drawPriority({ commands }, { id, name, state, priority }) {
  if (state === 'done')
    return null;
  const title = _('Priority: a higher one goes first'), first = _('Send first');
  const set = (button, value) => commands.run(button, 'PATCH', `/v1/uploads/${id}`, { priority: value });
  const input = h('input', { type: 'number', min: LAST, max: FIRST, required: true, value: priority, 'aria-label': `${title}: ${safe(name)}` });
  const form = h('form', { className: 'actions', onsubmit: event => {
    event.preventDefault();
    set(event.submitter ?? form.querySelector('button'), input.valueAsNumber);
  } }, input, h('button', { type: 'submit', textContent: _('Save') }));

  if (priority < FIRST)
    form.append(h('button', { type: 'button', textContent: first, 'aria-label': `${first}: ${safe(name)}`,
                              onclick: event => set(event.target, FIRST) }));
  return [h('h4', { textContent: title }), form];
}

// --- All of it ---

function drawLog({ entries = [] }) {
  return entries.length > 0 ? [h('h4', { textContent: _('What happened') }),
                               h('ol', { className: 'log' }, entries.map(entry => h('li', {}, describeEntry(entry))))] : null;
}

export class Details {
  #body = h('div', { className: 'details' });
  element = h('details', { ontoggle: () => this.#refresh() }, h('summary', { textContent: _('Details') }), this.#body);

  #upload = null;
  #shown = '';

  // tools: { api, commands, model }
  constructor(tools) {
    this.tools = tools;
  }

  update(upload) {
    this.#upload = upload;
    this.#refresh();
  }

  // It is read while it is open, and anew when something has changed.
  async #refresh() {
    const { api } = this.tools, upload = this.#upload;
    const wanted = this.element.open ? `${upload.sequence} ${upload.state} ${upload.reasons} ${upload.priority}` : '';

    if (wanted === this.#shown)
      return;
    this.#shown = wanted;
    if (!wanted) {
      this.#body.replaceChildren();
      return;
    }
    const path = `/v1/uploads/${upload.id}`, picture = this.#body.querySelector('.preview');
    const [explanation, history, preview] = await Promise.all([
      api.get(`${path}/explanation`).catch(() => null), api.get(`${path}/history`).catch(() => ({})), picture ?? makePreview(api, upload)]);

    // What was asked for later is newer.
    if (this.#shown === wanted)
      this.#draw(upload, explanation, history, preview);
  }

  #draw(upload, explanation, history, preview) {
    const name = document.activeElement?.getAttribute('aria-label');
    const isInside = this.#body.contains(document.activeElement);

    this.#body.replaceChildren(...[
      preview, drawFacts(upload), drawHolds(this.tools, upload, explanation), drawRule(explanation), drawPriority(this.tools, upload),
      drawLog(history)].flat(2).filter(part => part));
    // What had the focus has been made anew.
    if (isInside && name)
      this.#body.querySelector(`[aria-label="${CSS.escape(name)}"]`)?.focus();
  }
}
