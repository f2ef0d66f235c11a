// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What uploads take on this device, and what room there is.
import { format } from './labels.js';
import { formatSize, h, outside } from './text.js';
import { _, ngettext } from './words.js';

function tell({ uploads, bytes }) {
  return format(ngettext('%u upload, %s', '%u uploads, %s', uploads), uploads, formatSize(bytes));
}

function facts(model) {
  const { in_memory: isInMemory, disk_free: free, disk_size: size } = model.conditions;
  const all = model.count('all'), done = model.count('done'), lost = model.count('lost');

  return [
    [_('not arrived, kept until it has'), tell({ uploads: all.uploads - done.uploads, bytes: all.bytes - done.bytes })],
    [_('copy missing or damaged'), lost.uploads > 0 && tell(lost)],
    [_('arrived, on the list'), tell(done)],
    [_('belongs to no upload'), model.count('unclaimed').uploads > 0 && tell(model.count('unclaimed'))],
    [_('free on this disk'), size > 0 && format(_('%s of %s'), formatSize(free), formatSize(size))],
    [_('kept in'), isInMemory ? _('only in memory: lost when the device is switched off') : _('the disk')],
  ].filter(([, value]) => value);
}

export class StorageView {
  #facts = h('dl');
  #paths = h('ul', { className: 'log' });
  element = h('section', {}, h('h2', { textContent: _('Storage on this device') }), this.#facts,
              h('p', { className: 'quiet', textContent: _('What has not arrived is never removed to make room. No file is taken that would leave less than 8 MiB free.') }),
              this.#paths);

  #drawn = '';

  draw(model) {
    const now = JSON.stringify([facts(model), model.conditions.unclaimed]);

    if (!model.isKnown || now === this.#drawn)
      return;
    this.#drawn = now;
    this.#facts.replaceChildren(...facts(model).flatMap(([key, value]) => [h('dt', { textContent: key }), h('dd', {}, outside(value))]));
    this.#paths.replaceChildren(...(model.conditions.unclaimed ?? []).map(path => h('li', {}, outside(path))));
  }
}
