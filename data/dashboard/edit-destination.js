// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The settings of a destination, as `outbox destination set` has them, in a form.
import { askForm } from './dialog.js';
import { format } from './labels.js';
import { safe } from './text.js';
import { _ } from './words.js';

export const pathOf = name => `/v1/destinations/${encodeURIComponent(name)}`;

// What a person has changed: what is absent stays as it is, and some of what is there is not told (a password in an address, values).
function chooseChanges(before, values) {
  const lines = text => text.split('\n').map(line => line.trim()).filter(line => line);
  const settings = {};

  for (const name of ['protocol', 'url', 'confirm_url', 'amend_url'])
    if (values[name].trim() !== (before[name] ?? ''))
      settings[name] = values[name].trim();
  if (lines(values.also).join('\n') !== (before.also ?? []).join('\n'))
    settings.also = lines(values.also);
  if (values.headers.trim())
    settings.headers = Object.fromEntries(lines(values.headers).map(line => {
      const [, name, value] = /^([^:]+):\s*(.*)$/.exec(line) ?? [];

      if (!name)
        throw new Error(format(_('%s: a header is NAME: VALUE'), safe(line)));
      return [name.trim(), value];
    }));
  if (values.default && !before.default)
    settings.default = true;
  return settings;
}

function describeHeaders({ headers = [] }) {
  return headers.length > 0
    ? format(_('One a line, NAME: VALUE. There are: %s. Their values are not shown; what is written here replaces all of them.'), headers.join(', '))
    : _('One a line, NAME: VALUE.');
}

// Makes a destination, or changes one. before: its document; null: a new one. name: what a new one is called, where that is known.
export function editDestination({ api, model }, before, name = '') {
  const now = before ?? { protocol: 'tus', default: model.destinations.length === 0 };
  const fields = [
    ...(before ? [] : [{ name: 'name', label: _('name'), kind: 'text', value: name, required: true, maxLength: 64, pattern: '[A-Za-z0-9_.\\-]+',
                         title: _('Letters, digits, - _ and .') }]),
    { name: 'url', label: _('URL'), kind: 'url', value: now.url, required: true, placeholder: 'https://' },
    { name: 'protocol', label: _('protocol'), kind: 'choice', value: now.protocol,
      options: [['tus', 'tus'], ['http', _('http: each file is one PUT')]] },
    { name: 'confirm_url', label: _('confirm URL'), kind: 'url', value: now.confirm_url,
      hint: _('Where the server says whether a file is attached to its record; {id}, {group} and {sha256} are filled in.') },
    { name: 'amend_url', label: _('amend URL'), kind: 'url', value: now.amend_url,
      hint: _('Where the server is told what is changed of a file that it has; filled in as the confirm URL is.') },
    { name: 'also', label: _('also at'), kind: 'lines', value: (now.also ?? []).join('\n'),
      hint: _('Other addresses at which the server may keep uploads, one a line.') },
    { name: 'headers', label: _('headers'), kind: 'lines', hint: describeHeaders(now) },
    ...(before?.default ? [] : [{ name: 'default', label: _('Gets what names no destination'), kind: 'yes', value: now.default }]),
  ];

  return askForm(before ? format(_('Change %s'), before.name) : _('New destination'), fields, _('Save'), async values => {
    await api.ask(before ? 'PATCH' : 'PUT', pathOf(before?.name ?? values.name), chooseChanges(before ?? {}, { default: false, ...values }));
    model.load();
  });
}
