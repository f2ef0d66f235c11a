// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the tabs of a site share: one works on a submission, one reads the events, and few send at a time. A browser opens six
// connections to a host for all of them.

const N_SENDERS = 3;

// Where there are no Web Locks there is one page: locks are between its own callers then.
class OwnLocks {
  #ends = new Map(); // name → when the last who asked is done

  async query() {
    return {held: [...this.#ends.keys()].map(name => ({name}))};
  }

  async request(name, {signal, ifAvailable} = {}, use) {
    const before = this.#ends.get(name);

    if (before && ifAvailable)
      return use(null);
    const turn = (before ?? Promise.resolve()).then(() => {
      signal?.throwIfAborted();
      return use({name});
    });
    const end = turn.catch(() => {}).then(() => this.#ends.get(name) === end && this.#ends.delete(name));

    this.#ends.set(name, end);
    return turn;
  }
}

export const locks = globalThis.navigator?.locks ?? new OwnLocks();

// Runs use() while no other tab runs one of that name. signal ends the wait, not what runs.
export function alone(name, use, signal) {
  return locks.request(name, signal ? {signal} : {}, use);
}

// Returns: the names under which something runs, in whatever tab.
export async function listBusy() {
  const {held} = await locks.query();

  return new Set(held.map(({name}) => name));
}

// Runs use() while at most two others send.
export async function amongFew(use, signal) {
  const names = Array.from({length: N_SENDERS}, (_, i) => `outbox-sender-${i}`);
  const busy = Symbol('busy');

  for (const name of names) {
    const result = await locks.request(name, {ifAvailable: true}, lock => lock ? use() : busy);

    if (result !== busy)
      return result;
  }
  return alone(names[Math.floor(Math.random() * N_SENDERS)], use, signal);
}
