// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Time: waits that can be cut short, deadlines, and the growing delay between tries.

const FIRST_DELAY_MS = 1000;
const LAST_DELAY_MS = 30000;

// Rejects when it is aborted. wake: an EventTarget whose event of that name ends the wait early.
export function pause(delayMs, {signal, wake} = {}) {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      wake?.removeEventListener('wake', end);
      signal?.removeEventListener('abort', end);
      if (signal?.aborted)
        reject(signal.reason);
      else
        resolve();
    };
    const timer = setTimeout(end, delayMs);

    wake?.addEventListener('wake', end);
    signal?.addEventListener('abort', end);
    if (signal?.aborted)
      end();
  });
}

// Calls use() when the signal is aborted, at once where it is already: an abort may come while something else is waited for. Returns: a
// function that ends it.
export function onAbort(signal, use) {
  const give = () => use(signal.reason);

  if (signal?.aborted)
    give();
  else
    signal?.addEventListener('abort', give);
  return () => signal?.removeEventListener('abort', give);
}

// A signal that is aborted with the caller's, or when deadline.renew() was not called for that long.
export function startDeadline(delayMs, signal) {
  const controller = new AbortController();
  const expire = () => controller.abort(new DOMException('It took too long', 'TimeoutError'));
  const forget = onAbort(signal, reason => controller.abort(reason));
  let timer = setTimeout(expire, delayMs);

  return {
    signal: controller.signal,
    renew() {
      clearTimeout(timer);
      timer = setTimeout(expire, delayMs);
    },
    end() {
      clearTimeout(timer);
      forget();
    },
  };
}

// An async iterator whose return() ends also a next() that waits: that of a plain generator would wait for it. make(signal): the
// generator, which ends when the signal is aborted.
export function endable(signal, make) {
  const controller = new AbortController();
  const generator = make(controller.signal);
  const forget = onAbort(signal, reason => controller.abort(reason));
  const end = name => value => {
    forget();
    controller.abort();
    return generator[name](value);
  };

  return {
    async next() {
      const result = await generator.next().catch(error => {
        forget();
        throw error;
      });

      if (result.done)
        forget();
      return result;
    },
    return: end('return'),
    throw: end('throw'),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

// So many at a time, in the order in which they came.
export class Turns {
  #nFree;
  #waiting = [];

  constructor(n) {
    this.#nFree = n;
  }

  // signal ends the wait, not what runs.
  async run(use, signal) {
    await this.#enter(signal);
    try {
      return await use();
    } finally {
      this.#leave();
    }
  }

  #leave() {
    const next = this.#waiting.shift();

    if (next)
      next();
    else
      this.#nFree++;
  }

  async #enter(signal) {
    signal?.throwIfAborted();
    if (this.#nFree > 0) {
      this.#nFree--;
      return;
    }
    await new Promise((resolve, reject) => {
      const give = () => {
        this.#waiting = this.#waiting.filter(one => one !== enter);
        reject(signal.reason);
      };
      const enter = () => {
        signal?.removeEventListener('abort', give);
        resolve();
      };

      this.#waiting.push(enter);
      signal?.addEventListener('abort', give);
    });
  }
}

// 1 s, doubling up to 30 s, each up to a fifth shorter or longer, so that tabs do not come back all at once.
export class BackOff {
  #tries = 0;

  next() {
    const delayMs = Math.min(FIRST_DELAY_MS * 2 ** this.#tries++, LAST_DELAY_MS);

    return delayMs * (0.8 + 0.4 * Math.random());
  }

  reset() {
    this.#tries = 0;
  }
}
