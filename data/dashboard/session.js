// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The session of this window: the ticket of the address becomes a token, once. The token is in the window's own storage, so that it
// lives through a reload and ends with the window.
const PLACE = 'outbox-session';

// The ticket leaves the address before anything else happens: it is not to be kept with the person's history, nor seen over a shoulder.
function takeTicket() {
  const ticket = new URLSearchParams(location.hash.slice(1)).get('ticket');

  if (location.hash)
    history.replaceState(null, '', location.pathname);
  return ticket;
}

// Returns: the token, or null: the person has to open the dashboard anew.
export async function beginSession() {
  const ticket = takeTicket();

  if (!ticket)
    return sessionStorage.getItem(PLACE);
  sessionStorage.removeItem(PLACE);
  const response = await fetch('/v1/dashboard/session', {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ ticket }),
  });

  if (!response.ok)
    return null;
  const { token } = await response.json();

  sessionStorage.setItem(PLACE, token);
  return token;
}

export function forgetSession() {
  sessionStorage.removeItem(PLACE);
}
