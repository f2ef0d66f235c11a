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

// A signal that is aborted with the caller's, or when deadline.renew() was not called for that long.
export function startDeadline(delayMs, signal) {
  const controller = new AbortController();
  const give = () => controller.abort(signal.reason);
  const expire = () => controller.abort(new DOMException('It took too long', 'TimeoutError'));
  let timer = setTimeout(expire, delayMs);

  signal?.addEventListener('abort', give);
  if (signal?.aborted)
    give();
  return {
    signal: controller.signal,
    renew() {
      clearTimeout(timer);
      timer = setTimeout(expire, delayMs);
    },
    end() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', give);
    },
  };
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
