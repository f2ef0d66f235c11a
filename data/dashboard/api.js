// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Asks the broker: single requests, and the stream of what changes.
import { isProof, writeChallenge } from './door.js';
import { readEvents } from './event-stream.js';
import { startDeadline } from './waiting.js';

// What the broker has refused, in its own words.
export class Problem extends Error {
  constructor(status, problem) {
    super(problem.detail ?? `HTTP ${status}`);
    this.status = status;
    this.code = problem.code ?? '';
  }

  get isOfSession() {
    return this.status === 401;
  }

  // The broker has been started anew, and the name that this page has is none of its own any more.
  get isOfAnother() {
    return this.status === 403;
  }
}

const RETRY_FIRST_MS = 500;
const RETRY_MOST_MS = 15000;

// The broker sends a comment every 25 seconds: a stream that is silent for longer is dead.
const SILENCE_MOST_MS = 60000;

export class Api {
  #token;

  // The broker has proved itself, and its stream has not ended since: else another program may listen in its place, and is asked nothing.
  #isLive = false;

  #end = new AbortController();

  constructor(token) {
    this.#token = token;
  }

  #fetch(method, path, { body, headers = {}, signal } = {}) {
    return fetch(path, {
      method, signal, cache: 'no-store', credentials: 'omit', redirect: 'error',
      headers: { Authorization: `Bearer ${this.#token}`, ...(body ? { 'Content-Type': "application/json" } : {}), ...headers },
      body: body ? JSON.stringify(body) : undefined,
    });
  }

  static async #check(response) {
    if (response.ok)
      return response;
    throw new Problem(response.status, await response.json().catch(() => ({})));
  }

  #checkLive() {
    if (!this.#isLive)
      throw new TypeError('The service is not there');
  }

  // Returns: the document; null where there is nothing to tell. Errors: Problem; TypeError where nobody answers.
  async ask(method, path, body) {
    this.#checkLive();
    const response = await Api.#check(await this.#fetch(method, path, { body }));

    return response.status === 204 ? null : response.json();
  }

  // Returns: the bytes of a file
  async download(path) {
    this.#checkLive();
    const response = await Api.#check(await this.#fetch('GET', path));

    return response.blob();
  }

  // The last that is asked, of which no answer is waited for.
  async leave(path) {
    this.#checkLive();
    await fetch(path, { method: 'DELETE', keepalive: true, headers: { Authorization: `Bearer ${this.#token}` } });
  }

  get(path) {
    return this.ask('GET', path);
  }

  post(path, body) {
    return this.ask('POST', path, body);
  }

  delete(path) {
    return this.ask('DELETE', path);
  }

  // Every document of a list, up to most. Returns: { items, isWhole }
  async list(path, name, most) {
    const items = [];
    let cursor = '';

    do {
      const url = new URL(path, location.origin);

      if (cursor)
        url.searchParams.set('cursor', cursor);
      const page = await this.get(url.pathname + url.search);

      items.push(...page[name]);
      cursor = page.cursor;
    } while (cursor && items.length < most);
    return { items, isWhole: !cursor };
  }

  // --- The stream ---

  // Nothing is followed any more.
  stop() {
    this.#end.abort();
  }

  // Follows what changes, up to stop(): who is cut off comes back with the last id, and later each time. tell: { event(name, data),
  // connected(), lost(), over(problem) }; over() ends it.
  async follow(tell) {
    let lastId = '';
    let delayMs = RETRY_FIRST_MS;

    while (!this.#end.signal.aborted) {
      try {
        for await (const { id, type, data } of this.#read(lastId, tell)) {
          lastId = id || lastId;
          delayMs = RETRY_FIRST_MS;
          tell.event(type, JSON.parse(data));
        }
      } catch (error) {
        if (error instanceof Problem && (error.isOfSession || error.isOfAnother)) {
          tell.over(error);
          return;
        }
        if (error instanceof Problem && error.status === 400)
          lastId = '';
      }
      this.#isLive = false;
      if (this.#end.signal.aborted)
        return;
      tell.lost();
      await wait(delayMs);
      delayMs = Math.min(delayMs * 2, RETRY_MOST_MS);
    }
  }

  // Whoever listens at this port proves that it knows the token before it is told that, or anything else: when the broker has ended,
  // another user's program may be there. A browser without that cryptography goes on without.
  async #doubt(signal) {
    if (!globalThis.crypto?.subtle)
      return;
    const nonce = Array.from(crypto.getRandomValues(new Uint8Array(32)), byte => byte.toString(16).padStart(2, '0')).join('');
    const response = await fetch('/v1/hello', {
      method: 'POST', signal, cache: 'no-store', credentials: 'omit', redirect: 'error',
      headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ nonce }),
    });

    // Nobody has a session there any more.
    if (response.status === 404)
      throw new Problem(401, {});
    const { proofs } = await (await Api.#check(response)).json();
    const challenge = writeChallenge(location.origin, location.host, nonce);

    for (const proof of proofs)
      if (await isProof(proof, this.#token, challenge))
        return;
    throw new Problem(401, {});
  }

  async *#read(lastId, tell) {
    const deadline = startDeadline(SILENCE_MOST_MS, this.#end.signal);
    const headers = lastId ? { 'Last-Event-ID': lastId } : {};

    try {
      await this.#doubt(deadline.signal);
      const response = await Api.#check(await this.#fetch('GET', '/v1/events', { headers, signal: deadline.signal }));

      this.#isLive = true;
      tell.connected();
      yield* readEvents(response.body, () => deadline.renew());
    } finally {
      deadline.end();
    }
  }
}

// Somewhat longer or shorter each time, so that windows do not come back all at once; and at once when the window is looked at again.
function wait(delayMs) {
  return new Promise(resolve => {
    const end = () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', end);
      resolve();
    };
    const timer = setTimeout(end, delayMs * (0.8 + Math.random() * 0.4));

    document.addEventListener('visibilitychange', end);
  });
}
