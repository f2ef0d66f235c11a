// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Pairing, in the shape of RFC 8628: the page shows a short code, a person approves the request that has it, and the page, which
// asks again and again, gets its token.
import {OutboxError} from './errors.js';
import {pause} from './waiting.js';

const SLOWER_MS = 5000; // RFC 8628 section 3.5

const ENDS = {
  access_denied: ['Denied', 'The pairing was refused'],
  expired_token: ['Expired', 'Nobody answered the request in time'],
};

// A person who has refused is not asked again for a while.
async function ask(door, base, manage, signal) {
  try {
    return await door.postUnproved(base, '/v1/pair', {manage}, signal);
  } catch (error) {
    throw error.status === 403 ? new OutboxError('Denied', error.message, {status: 403}) : error;
  }
}

// Returns: {token, app}, or the delay until the next question, in ms.
async function poll(door, base, deviceCode, delayMs, signal) {
  try {
    return await door.postUnproved(base, '/v1/pair/token', {device_code: deviceCode}, signal);
  } catch (error) {
    const word = error.problem?.error;

    if (word in ENDS)
      throw new OutboxError(...ENDS[word], {status: error.status});
    if (word !== 'authorization_pending' && word !== 'slow_down' && !error.isPassing)
      throw error;
    return word === 'slow_down' ? Math.max(delayMs + SLOWER_MS, (error.problem.interval ?? 0) * 1000) : delayMs;
  }
}

// Returns: what the app is called, when the token is kept.
export async function pair(door, {manage = false, onCode, signal} = {}) {
  const base = await door.findForPairing(signal);
  const request = await ask(door, base, manage, signal);
  const expiresAt = Date.now() + request.expires_in * 1000;
  let delayMs = Math.max(request.interval ?? 5, 1) * 1000;

  onCode?.({userCode: request.user_code, expiresAt, command: `outbox app approve ${request.user_code}`});
  while (Date.now() < expiresAt) {
    const answer = await poll(door, base, request.device_code, delayMs, signal);

    if (typeof answer === 'object') {
      await door.keepToken(answer.token);
      return answer.app;
    }
    delayMs = answer;
    await pause(delayMs, {signal});
  }
  throw new OutboxError(...ENDS.expired_token);
}
