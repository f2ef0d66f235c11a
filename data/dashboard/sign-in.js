// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Signing in to a destination: the secret goes from the field to the broker, and is in no other place of the page; or a person signs in at
// the page of a sign-in server, on whatever device.
import { askForm } from './dialog.js';
import { pathOf } from './edit-destination.js';
import { format } from './labels.js';
import { formatTime, h, outside, safe } from './text.js';
import { _, say } from './words.js';

function makeSecret({ kind, name, secret }) {
  switch (kind) {
    case 'basic':
      return { kind, username: name, password: secret };
    case 'header':
      return { kind, name, value: secret };
    default:
      return { kind, token: secret };
  }
}

// Whether a person signs in to it at a page of its server.
function hasPage({ sign_in: { kind, flow } = {} }) {
  return kind === 'oauth2' && flow !== 'client-credentials';
}

// destination: its name. Where the server has a page for that, it is shown with the destination from then on.
export function signIn({ api, commands, model }, destination, button) {
  if (model.destinations.some(each => each.name === destination && hasPage(each)))
    return commands.by(button, () => api.post(`${pathOf(destination)}/sign-in`));
  const fields = [
    { name: 'kind', label: _('How the server knows you'), kind: 'choice', value: 'bearer',
      options: [['bearer', _('by a token')], ['basic', _('by a user name and a password')], ['header', _('by a header of its own')]] },
    { name: 'name', label: _('User name, or the name of the header'), kind: 'text', hint: _('Not for a token.') },
    { name: 'secret', label: _('Token, password or value'), kind: 'password', required: true,
      hint: _('It is kept on this device for this server only, and never shown again.') },
  ];

  return askForm(format(_('Sign in to %s'), destination), fields, _('Sign in'), async values => {
    await api.post(`${pathOf(destination)}/sign-in`, makeSecret(values));
    model.load();
  });
}

// What a person has to see while they sign in there, and why the last one has not come to its end. The broker takes no other page than
// one of https, or of this device.
export function drawPage({ url = '', code = '', expires_at: until = 0, message = '' } = {}) {
  if (!/^https?:/.test(url))
    return message ? [h('p', { className: 'bad', textContent: format(_('Nobody has signed in: %s'), safe(say(message))) })] : [];
  return [
    h('p', { textContent: code ? _('Open this page on any device, and type the code there:') : _('Open this page in a browser of this device:') }),
    h('p', {}, h('a', { href: url, target: '_blank', rel: 'noreferrer' }, outside(url))),
    h('p', {}, code ? outside(code, 'code') : null),
    h('p', { className: 'quiet', textContent: format(_('It is open until %s.'), formatTime(until)) }),
  ];
}
