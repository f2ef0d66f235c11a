// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The session of this window: the ticket of the address becomes a token, once. The token is in this page's memory alone. No storage of
// the browser has it, where it would lie on the disk for whoever comes later; so a reload ends the session, and so does closing the
// window.
const PATH = '/v1/dashboard/session';

// The ticket leaves the address before anything else happens: it is not to be kept with the person's history, nor seen over a shoulder.
function takeTicket() {
  const ticket = new URLSearchParams(location.hash.slice(1)).get('ticket');

  if (location.hash)
    history.replaceState(null, '', location.pathname);
  return ticket;
}

// Returns: { token }, or { why }: "none" where the address has no ticket, as after a reload; "refused" where it was used or is old.
export async function beginSession() {
  const ticket = takeTicket();

  if (!ticket)
    return { why: 'none' };
  const response = await fetch(PATH, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ ticket }),
  });

  return response.ok ? response.json() : { why: 'refused' };
}

// Nobody has the token when the page has gone: the broker forgets it too. A page that the browser only sets aside (back and forward)
// comes back with it.
export function endWithWindow(api) {
  addEventListener('pagehide', ({ persisted }) => {
    if (!persisted)
      api.leave(PATH).catch(() => {});
  });
}
