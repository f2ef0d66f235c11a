// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Signing in to a destination: the secret goes from the field to the broker, and is in no other place of the page.
import { askForm } from './dialog.js';
import { pathOf } from './edit-destination.js';
import { format } from './labels.js';
import { _ } from './words.js';

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

export function signIn({ api, model }, destination) {
  const fields = [
    { name: 'kind', label: _('How the server knows you'), kind: 'choice', value: 'bearer',
      options: [['bearer', _('by a token')], ['basic', _('by a user name and a password')], ['header', _('by a header of its own')]] },
    { name: 'name', label: _('User name, or the name of the header'), kind: 'text', hint: _('Not for a token.') },
    { name: 'secret', label: _('Token, password or value'), kind: 'password', required: true,
      hint: _('It is kept on this device for this server alone, and never shown again.') },
  ];

  return askForm(format(_('Sign in to %s'), destination), fields, _('Sign in'), async values => {
    await api.post(`${pathOf(destination)}/sign-in`, makeSecret(values));
    model.load();
  });
}
