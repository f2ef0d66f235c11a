// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Pairing, in the shape of RFC 8628: the page shows a short code, a person approves the request that has it, and the page, which
// asks again and again, gets its token. A site has one request, and who asked for it last gets the token: so one tab asks, and all
// that want to be let in show its code.
import {alone} from './locks.js';
import {OutboxError} from './errors.js';
import {pause} from './waiting.js';

const NAME = 'outbox-pairing';
const SLOWER_MS = 5000; // RFC 8628 section 3.5

const DENIED = ['Denied', 'The pairing was refused'];
const EXPIRED = ['Expired', 'Nobody answered the request in time'];

// A person who has refused is not asked again for a while.
async function ask(door, {manage, signal}) {
  const base = await door.findForPairing(signal);

  try {
    return {base, ...await door.postUnproved(base, '/v1/pair', {manage}, signal)};
  } catch (error) {
    throw error.status === 403 ? new OutboxError('Denied', error.message, {status: 403}) : error;
  }
}

// The broker has the request in memory alone, and another browser of the same person may have asked for it since: who finds it gone
// before its time asks again, and is told the code of the new one.
class Request {
  #door;
  #options;
  #onCode;
  #answer = null; // of ask()
  #untilMs = 0;   // by a clock that nobody sets
  #delayMs = 0;

  // onCode(code): each time that it is another.
  constructor(door, options, onCode) {
    this.#door = door;
    this.#options = options;
    this.#onCode = onCode;
  }

  async #open() {
    const before = this.#answer?.user_code;

    this.#answer = await ask(this.#door, this.#options);
    this.#delayMs = Math.max(this.#answer.interval ?? 5, 1) * 1000;
    if (this.#answer.user_code === before)
      return;
    const {user_code: userCode, expires_in: seconds} = this.#answer;

    this.#untilMs = performance.now() + seconds * 1000;
    this.#onCode({userCode, expiresAt: Date.now() + seconds * 1000, command: `outbox app approve ${userCode}`});
  }

  // Returns: {token, app, manage}, or null: not yet.
  async #poll() {
    const {base, device_code: code} = this.#answer;

    try {
      return await this.#door.postUnproved(base, '/v1/pair/token', {device_code: code}, this.#options.signal);
    } catch (error) {
      const word = error.problem?.error;

      if (word === 'access_denied')
        throw new OutboxError(...DENIED, {status: error.status});
      if (word === 'slow_down')
        this.#delayMs = Math.max(this.#delayMs + SLOWER_MS, (error.problem.interval ?? 0) * 1000);
      else if (word === 'expired_token' || error.code === 'NoBroker')
        await this.#openAgain();
      else if (word !== 'authorization_pending' && !error.isPassing)
        throw error;
      return null;
    }
  }

  async #openAgain() {
    if (performance.now() >= this.#untilMs)
      return;
    await this.#open().catch(error => {
      if (!error.isPassing)
        throw error;
    });
  }

  async settle() {
    await this.#open();
    while (performance.now() < this.#untilMs) {
      const answer = await this.#poll();

      if (answer)
        return answer;
      await pause(this.#delayMs, {signal: this.#options.signal});
    }
    throw new OutboxError(...EXPIRED);
  }
}

// Returns: what the app is called, when the token is kept.
export async function pair(door, {manage = false, onCode, signal} = {}) {
  const before = await door.getToken();
  const others = new BroadcastChannel(NAME);
  let code = null; // of this tab's own request

  others.onmessage = ({data}) => {
    if (data.type === 'ask' && code)
      others.postMessage({type: 'code', manage, code});
    else if (data.type === 'code' && data.manage === manage)
      onCode?.(data.code);
  };
  others.postMessage({type: 'ask'});
  try {
    return await alone(NAME, async () => {
      const now = await door.getPairing();

      if (now && now.token !== before && (now.manage || !manage))
        return now.app; // another tab was let in meanwhile
      const pairing = await new Request(door, {manage, signal}, made => {
        code = made;
        others.postMessage({type: 'code', manage, code});
        onCode?.(code);
      }).settle();

      await door.keepPairing(pairing);
      return pairing.app;
    }, signal);
  } finally {
    others.close();
  }
}
