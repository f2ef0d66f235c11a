// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The top of the page: is my work safe, and will it arrive? With the same sentences as `outbox status`.
import { format } from './labels.js';
import { formatSize, h, outside, reconcile, setText } from './text.js';
import { describeNetwork } from './view-rules.js';
import { _, ngettext, say } from './words.js';

// Says whether everything has arrived.
function answer(model) {
  const all = model.count('all'), left = all.uploads - model.count('done').uploads;

  if (all.uploads === 0)
    return model.hasHold('storage') ? _("This device's disk needs attention.") : _('Nothing to upload.');
  if (left === 0)
    return format(ngettext('The one upload has arrived.', 'All %u uploads have arrived.', all.uploads), all.uploads);
  return format(ngettext('%u upload has not arrived yet (%s).', '%u uploads have not arrived yet (%s).', left), left,
                formatSize(all.bytes - model.count('done').bytes));
}

// Says "safe" only where the disk works and no copy is lost or damaged. Of a file that an app still writes, nobody knows how much is on
// the disk.
function safety(model) {
  const left = model.count('all').uploads - model.count('done').uploads, lost = model.count('lost').uploads;
  const recordings = model.list().filter(upload => upload.state === 'saving' && upload.reasons.length > 0).length;
  const saving = Math.max(model.count('saving').uploads - recordings, 0);

  if (saving > 0)
    return { text: format(ngettext('%u file is still being saved: leave it in place.',
                                   '%u files are still being saved: leave them in place.', saving), saving), isBad: false };
  if (left <= recordings)
    return { text: '', isBad: false };
  if (model.conditions.in_memory)
    return { text: _("It is only in this device's memory, and lost when the device is switched off."), isBad: true };
  if (lost > 0)
    return { text: format(ngettext('The saved copy of %u upload is missing or damaged: add the file again.',
                                   'The saved copies of %u uploads are missing or damaged: add the files again.', lost), lost),
             isBad: true };
  if (model.hasHold('storage') || model.count('unclaimed').uploads > 0)
    return { text: '', isBad: false };
  return { text: recordings > 0 ? _('Everything is safe on this device, except what apps have not finished.')
                                : _('Everything is safe on this device.'), isBad: false };
}

function worries(model) {
  const list = [];

  if (model.conditions.media_types === false)
    list.push([_('This device cannot recognize many kinds of files, and may apply the wrong rule to some: install shared-mime-info.')]);
  if (model.policy.problem)
    list.push([_('What the rule files say now does not apply:'), say(model.policy.problem)]);
  if (model.count('unclaimed').uploads > 0)
    list.push([format(ngettext('%u saved file belongs to no upload any more: what was known of it is lost. Look at it, and add it again:',
                               '%u saved files belong to no upload any more: what was known of them is lost. Look at them, and add them again:',
                               model.count('unclaimed').uploads), model.count('unclaimed').uploads),
               ...(model.conditions.unclaimed ?? [])]);
  if (model.destinations.length === 0)
    list.push([_('There is no destination yet: outbox destination set NAME --url URL')]);
  return list;
}

// Its key is all that it says: another text is another worry.
function makeWorry([sentence, ...details]) {
  const element = h('div', { className: 'notice bad' }, h('p', { textContent: sentence }),
                    details.map(detail => h('p', {}, outside(detail))));

  element.update = () => {};
  return element;
}

// Two shades: what the servers have confirmed, and what is on its way to them.
export function bar(label) {
  const confirmed = h('span', { className: 'confirmed' }), sent = h('span', { className: 'sent' });
  const element = h('div', { className: 'bar', role: 'progressbar', 'aria-label': label, 'aria-valuemin': 0, 'aria-valuemax': 100 },
                    sent, confirmed);

  element.set = (confirmedBytes, sentBytes, size) => {
    const share = bytes => (size > 0 ? Math.floor(Math.min(bytes, size) * 1000 / size) / 10 : 0);

    confirmed.style.inlineSize = `${share(confirmedBytes)}%`;
    sent.style.inlineSize = `${share(Math.max(sentBytes, confirmedBytes))}%`;
    element.setAttribute('aria-valuenow', Math.floor(share(confirmedBytes)));
  };
  return element;
}

const SPOKEN_EVERY_MS = 15000;

export class AnswerView {
  #text = h('p', { className: 'answer' });
  #spoken = h('p', { className: 'spoken', role: 'status' });
  #spokenMs = 0;
  #safety = h('p', { className: 'safety' });
  #network = h('p', { className: 'quiet' });
  #worries = h('div');
  element = h('section', {}, this.#text, this.#spoken, this.#safety, this.#network, this.#worries);

  // The answer changes with each byte: a screen reader that told all of it would tell nothing else.
  #speak(text) {
    if (Date.now() - this.#spokenMs < SPOKEN_EVERY_MS)
      return;
    this.#spokenMs = Date.now();
    setText(this.#spoken, text);
  }

  draw(model) {
    const { text, isBad } = safety(model);

    // Nothing is said before all is known that the answer rests on.
    if (!model.isKnown)
      return;
    setText(this.#text, answer(model));
    this.#speak(`${answer(model)} ${text}`);
    this.#text.classList.toggle('good', model.count('all').uploads === model.count('done').uploads);
    setText(this.#safety, text);
    this.#safety.classList.toggle('bad', isBad);
    // A server on this device itself is reached without a network.
    setText(this.#network, model.conditions.available || model.count('uploading').uploads === 0 ? describeNetwork(model.conditions) : '');
    reconcile(this.#worries, worries(model), worry => worry.join(), makeWorry);
    const title = model.asking.length > 0 ? _('A web page asks to add files') : answer(model);

    document.title = `${title} – Outbox`;
  }
}
