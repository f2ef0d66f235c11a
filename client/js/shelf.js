// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What must be there when the page is opened again, in IndexedDB: the token, what was submitted, and the bytes of what the broker
// has not got whole, in pieces. Pieces are buffers: a private window of WebKit stores those, and no Blob.
//
//   facts        name → value: `token`, `port`, `pairing`
//   submissions  by key; what they have is in submission.js
//   pieces       by key and the offset at which each begins: {key, at, bytes, digest}
import {startDeadline} from './waiting.js';

const VERSION = 1;
const OPEN_MS = 10000;

function settle(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function open(name) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, VERSION);

    request.onupgradeneeded = () => {
      request.result.createObjectStore('facts');
      request.result.createObjectStore('submissions', {keyPath: 'key'});
      request.result.createObjectStore('pieces', {keyPath: ['key', 'at']});
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function rangeOf(key, last = Infinity) {
  return IDBKeyRange.bound([key, 0], [key, last]);
}

export class Shelf {
  #name;
  #database = null; // a promise, once somebody has asked

  constructor(name = 'outbox') {
    this.#name = name;
  }

  // Whether what is put here outlives the page.
  get isLasting() {
    return true;
  }

  // A browser may close the database by itself, as when the person clears the site's data: it is opened again then.
  #open() {
    this.#database ??= open(this.#name).then(database => {
      database.onclose = () => this.#database = null;
      database.onversionchange = () => {
        database.close();
        this.#database = null;
      };
      return database;
    });
    this.#database.catch(() => this.#database = null);
    return this.#database;
  }

  // Some browsers close it without a word, and say so only now.
  async #begin(names, mode) {
    for (let isAgain = false; ; isAgain = true)
      try {
        return (await this.#open()).transaction(names, mode, {durability: 'strict'});
      } catch (error) {
        if (isAgain || error.name !== 'InvalidStateError')
          throw error;
        this.#database = null;
      }
  }

  // Runs use(store, store, …) in one transaction. Returns: what it returned, when the transaction is on the disk.
  async #within(names, mode, use) {
    const transaction = await this.#begin(names, mode);
    const ended = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error ?? new DOMException('It was not stored', 'AbortError'));
    });
    const result = use(...names.map(name => transaction.objectStore(name)));

    ended.catch(() => {});
    const value = await result;
    await ended;
    return value;
  }

  getFact(name) {
    return this.#within(['facts'], 'readonly', facts => settle(facts.get(name)));
  }

  // value: undefined forgets it.
  setFact(name, value) {
    return this.#within(['facts'], 'readwrite',
      facts => settle(value === undefined ? facts.delete(name) : facts.put(value, name)));
  }

  getSubmission(key) {
    return this.#within(['submissions'], 'readonly', submissions => settle(submissions.get(key)));
  }

  listSubmissions() {
    return this.#within(['submissions'], 'readonly', submissions => settle(submissions.getAll()));
  }

  putSubmission(submission) {
    return this.#within(['submissions'], 'readwrite', submissions => settle(submissions.put(submission)));
  }

  // Both at once: a submission never claims bytes that are not there.
  putPiece(piece, submission) {
    return this.#within(['pieces', 'submissions'], 'readwrite', (pieces, submissions) => {
      pieces.put(piece);
      return settle(submissions.put(submission));
    });
  }

  // Returns: the piece with the byte at that offset, or undefined.
  async getPieceAt(key, offset) {
    const cursor = await this.#within(['pieces'], 'readonly',
      pieces => settle(pieces.openCursor(rangeOf(key, offset), 'prev')).then(found => found?.value));

    return cursor && offset < cursor.at + cursor.bytes.byteLength ? cursor : undefined;
  }

  // The submission stays, and has no bytes here any more.
  dropPieces(submission) {
    return this.#within(['pieces', 'submissions'], 'readwrite', (pieces, submissions) => {
      pieces.delete(rangeOf(submission.key));
      return settle(submissions.put(submission));
    });
  }

  forgetSubmission(key) {
    return this.#within(['pieces', 'submissions'], 'readwrite', (pieces, submissions) => {
      pieces.delete(rangeOf(key));
      return settle(submissions.delete(key));
    });
  }
}

// The same in memory, where a browser has no IndexedDB for this page: nothing outlives it.
export class MemoryShelf {
  #facts = new Map();
  #submissions = new Map();
  #pieces = new Map();

  get isLasting() {
    return false;
  }

  async getFact(name) {
    return this.#facts.get(name);
  }

  async setFact(name, value) {
    if (value === undefined)
      this.#facts.delete(name);
    else
      this.#facts.set(name, value);
  }

  async getSubmission(key) {
    return structuredClone(this.#submissions.get(key));
  }

  async listSubmissions() {
    return structuredClone([...this.#submissions.values()]);
  }

  async putSubmission(submission) {
    this.#submissions.set(submission.key, structuredClone(submission));
  }

  async putPiece(piece, submission) {
    if (!this.#pieces.has(piece.key))
      this.#pieces.set(piece.key, []);
    this.#pieces.get(piece.key).push(piece);
    await this.putSubmission(submission);
  }

  // What is before that offset is needed no more.
  free(key, offset) {
    const pieces = this.#pieces.get(key) ?? [];

    this.#pieces.set(key, pieces.filter(({at, bytes}) => at + bytes.byteLength > offset));
  }

  async getPieceAt(key, offset) {
    return this.#pieces.get(key)?.find(piece => piece.at <= offset && offset < piece.at + piece.bytes.byteLength);
  }

  async dropPieces(submission) {
    this.#pieces.delete(submission.key);
    await this.putSubmission(submission);
  }

  async forgetSubmission(key) {
    this.#pieces.delete(key);
    this.#submissions.delete(key);
  }
}

// A submission that is being worked on, and its record on the shelf. It is written once after the other: what reads the file and what
// sends it change it at the same time, and neither takes back what the other has written.
export class Entry {
  #last = Promise.resolve();

  constructor(shelf, submission) {
    this.shelf = shelf;
    this.submission = submission;
  }

  // The change holds from when it is on the shelf. write: how it gets there.
  save(change = {}, write = record => this.shelf.putSubmission(record)) {
    const turn = this.#last.then(async () => {
      await write({...this.submission, ...change});
      Object.assign(this.submission, change);
    });

    this.#last = turn.catch(() => {});
    return turn;
  }

  // The change holds at once; a shelf that cannot take it is asked again with the next.
  async note(change) {
    Object.assign(this.submission, change);
    await this.save().catch(() => {});
  }
}

// Returns: the lasting one, or that in memory where the browser refuses it, or says nothing at all: known of some while they start.
export async function openShelf(name) {
  const shelf = new Shelf(name);
  const deadline = startDeadline(OPEN_MS);
  const isLate = new Promise((_resolve, reject) => deadline.signal.addEventListener('abort', () => reject(deadline.signal.reason)));

  try {
    await Promise.race([shelf.getFact('token'), isLate]);
    return shelf;
  } catch {
    return new MemoryShelf();
  } finally {
    deadline.end();
  }
}
