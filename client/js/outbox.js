// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Outbox for web pages: hands files over to the upload broker of this device, and tells what becomes of them. Import this file; it
// needs the others of its folder, and nothing else. docs/pages.md tells how to use it, outbox.d.ts what each function takes.
import {Copy, Events} from './events.js';
import {Door} from './door.js';
import {listBusy} from './locks.js';
import {OutboxError} from './errors.js';
import {pair} from './pairing.js';
import {openShelf} from './shelf.js';
import {aloneWith, getId, lockOf, makeSubmission, Sender} from './submission.js';
import {isSameFile} from './supply.js';
import {BackOff, endable, onAbort, pause} from './waiting.js';

export {OutboxError};

// A key that was used is remembered for as long: the same file under it is not sent again.
const REMEMBERED_MS = 7 * 24 * 3600 * 1000;

// busy: of listBusy(). What a tab works on is neither interrupted, nor wants its file.
function describe({key, name, size, isStream, isEnded, keptBytes, readBytes, offset, createdAt, ...submission}, busy) {
  const isRunning = busy.has(lockOf(key));
  const isWhole = isStream || keptBytes === size;

  return {key, id: getId(submission), name, size: size ?? readBytes, confirmed: offset, createdAt, isRunning,
    needsFile: !isRunning && !isWhole, isInterrupted: !isRunning && isStream && !isEnded};
}

function isSaidAlike(one, other) {
  const say = ({name, mediaType, options}) => JSON.stringify([name, mediaType, options]);

  return say(one) === say(other);
}

// Whether nobody could go on with it: no byte of it came, as of a file that was gone when it was read.
function isNothing({size, readBytes, offset}) {
  return size !== 0 && readBytes === 0 && offset === 0;
}

function toQuery(filter) {
  const pairs = Object.entries(filter).filter(([, value]) => value !== undefined).map(([name, value]) => [name, String(value)]);

  return pairs.length > 0 ? `?${new URLSearchParams(pairs)}` : '';
}

export class Outbox {
  #shelf; // a promise
  #door;
  #events;
  #wake = new EventTarget();
  #running = new Map(); // key → AbortController
  #others = new BroadcastChannel('outbox-submissions'); // tells the other tabs what is discarded, and that the site was let in

  // options: ports, to search elsewhere than the broker does; fetch, origin and shelf, where there is no page around
  constructor({shelf, ...options} = {}) {
    this.#shelf = Promise.resolve(shelf ?? openShelf());
    this.#door = new Door(this.#shelf, options);
    this.#events = new Events(this.#door, this.#wake);
    this.#others.onmessage = ({data}) => data.isPaired ? this.tryNow() : this.#stop(data.discarded);
    this.#others.unref?.(); // a program of Node, which imports a page's module, ends all the same
    this.#events.onReady = () => void this.#forgetDiscarded().catch(() => {}); // again when the stream is there again
    for (const name of ['online', 'focus'])
      globalThis.window?.addEventListener(name, () => this.tryNow());
  }

  // --- Broker and site ---

  state() {
    return this.#door.look();
  }

  async pair(options) {
    const app = await pair(this.#door, options);

    this.#others.postMessage({isPaired: true});
    this.tryNow();
    return app;
  }

  // What waits for its next try is tried now.
  tryNow() {
    this.#wake.dispatchEvent(new Event('wake'));
  }

  // --- Handing over ---

  async submit(source, options = {}) {
    this.#door.checkPage();
    const {key = crypto.randomUUID(), signal, onProgress} = options;

    if (!(source instanceof Blob || source instanceof ReadableStream))
      throw new OutboxError('InvalidArgument', 'A Blob, a File or a ReadableStream can be submitted');
    return aloneWith(key, async () => {
      const shelf = await this.#shelf;
      const found = await shelf.getSubmission(key);
      const known = found?.isDiscarded ? undefined : found;

      await this.#forgetOld(shelf);
      if (known && (!(source instanceof Blob) || !await isSameFile(known, source)))
        throw new OutboxError('KeyReused', 'Another file was submitted with this key');
      const made = makeSubmission(key, source, options);
      const submission = known ?? made;
      // What the broker has not heard of yet is what it is said to be now. Said otherwise than before it is another creation.
      if (!submission.path && !isSaidAlike(submission, made))
        Object.assign(submission, {name: made.name, mediaType: made.mediaType, options: made.options, creation: made.creation});
      // What could not be kept is kept from its start, if it can be now.
      if (submission.keptBytes < submission.readBytes)
        Object.assign(submission, {readBytes: 0, keptBytes: 0, digests: []});
      await shelf.putSubmission(submission).catch(() => {});
      return this.#send(shelf, submission, source, {signal, onProgress});
    }, signal);
  }

  async goOn(key, {signal, onProgress} = {}) {
    return aloneWith(key, async () => {
      const shelf = await this.#shelf;
      const submission = await shelf.getSubmission(key);

      if (!submission || submission.isDiscarded)
        throw new OutboxError('NotFound', 'Nothing was submitted with this key');
      // Its recorder went with its page: what there is of it is the file.
      if (submission.isStream && !submission.isEnded) {
        const size = submission.keptBytes;

        Object.assign(submission, {isEnded: true, isInterrupted: true, size, readBytes: size});
      }
      return this.#send(shelf, submission, null, {signal, onProgress});
    }, signal);
  }

  async #send(shelf, submission, source, {signal, onProgress}) {
    const {key} = submission;
    const controller = new AbortController();
    const forget = onAbort(signal, reason => controller.abort(reason));

    this.#running.set(key, controller);
    try {
      if (!submission.handedOver)
        await new Sender(this.#door, shelf, submission, source,
          {signal: controller.signal, report: onProgress, wake: this.#wake}).run();
    } catch (error) {
      if (!controller.signal.aborted && isNothing(submission))
        await this.#forget(shelf, submission).catch(() => {});
      throw error;
    } finally {
      this.#running.delete(key);
      forget();
    }
    return {key, id: getId(submission), isInterrupted: !!submission.isInterrupted};
  }

  #stop(key) {
    this.#running.get(key)?.abort(new DOMException('It was discarded', 'AbortError'));
  }

  async pending() {
    const submissions = await (await this.#shelf).listSubmissions();
    const busy = await listBusy();

    return submissions.filter(({handedOver, isDiscarded}) => !handedOver && !isDiscarded).sort((a, b) => a.createdAt - b.createdAt)
      .map(submission => describe(submission, busy));
  }

  async discard(key) {
    this.#others.postMessage({discarded: key});
    this.#stop(key);
    return aloneWith(key, async () => {
      const shelf = await this.#shelf;
      const submission = await shelf.getSubmission(key);

      await this.#forget(shelf, submission ?? {key}).catch(error => {
        if (!error.isPassing && !error.needsPerson)
          throw error;
        // The broker has a part of it, and cannot be asked now: later then.
        return shelf.dropPieces({...submission, isDiscarded: true});
      });
    });
  }

  async #forget(shelf, {key, path, handedOver}) {
    if (path && !handedOver)
      await this.#door.ask('DELETE', path, {headers: {'Tus-Resumable': '1.0.0'}}).catch(error => {
        if (error.status !== 404 && error.status !== 410)
          throw error;
      });
    await shelf.forgetSubmission(key);
  }

  async #forgetOld(shelf) {
    for (const {key, handedOver} of await shelf.listSubmissions())
      if (handedOver && handedOver < Date.now() - REMEMBERED_MS)
        await shelf.forgetSubmission(key);
  }

  // What was discarded while the broker could not be asked.
  async #forgetDiscarded() {
    const shelf = await this.#shelf;

    for (const {key, isDiscarded} of await shelf.listSubmissions())
      if (isDiscarded)
        await aloneWith(key, async () => {
          const submission = await shelf.getSubmission(key);

          if (submission?.isDiscarded)
            await this.#forget(shelf, submission);
        });
  }

  // --- Other clients of tus, such as Uppy ---

  // Returns: {endpoint, headers}, for one request: the broker has just proved that it is there, so that the token goes to nobody else.
  async tus() {
    const {base, token} = await this.#door.open();

    return {endpoint: `${base}/v1/tus/`, headers: {Authorization: `Bearer ${token}`}};
  }

  // --- What is at the broker ---

  get(id) {
    return this.#door.askForDocument('GET', `/v1/uploads/${encodeURIComponent(id)}`);
  }

  async list(filter = {}) {
    const uploads = [];
    let cursor = undefined;

    do {
      const page = await this.#door.askForDocument('GET', `/v1/uploads${toQuery({...filter, cursor})}`);

      uploads.push(...page.uploads);
      cursor = page.cursor || undefined;
    } while (cursor);
    return uploads;
  }

  pause(id) {
    return this.#command(id, 'pause');
  }

  resume(id) {
    return this.#command(id, 'resume');
  }

  retry(id) {
    return this.#command(id, 'retry');
  }

  #command(id, name) {
    return this.#door.askForDocument('POST', `/v1/uploads/${encodeURIComponent(id)}/${name}`, {});
  }

  remove(id) {
    return this.#door.askForDocument('DELETE', `/v1/uploads/${encodeURIComponent(id)}`);
  }

  // --- What changes there ---

  events({signal} = {}) {
    return endable(signal, ended => this.#events.listen({signal: ended}));
  }

  watch({signal} = {}) {
    return endable(signal, ended => this.#watch(ended));
  }

  async *#watch(signal) {
    const copy = new Copy();
    const backOff = new BackOff();
    const follow = event => copy.follow(event, filter => this.list(filter)).then(() => true, error => {
      if (!error.isPassing)
        throw error;
      return false;
    });

    for await (const event of this.events({signal})) {
      let isFollowed = await follow(event);

      yield {isCurrent: copy.isCurrent, uploads: copy.uploads};
      // The list could not be had, and on a quiet queue no event would come to ask again.
      while (!isFollowed && !signal.aborted) {
        await pause(backOff.next(), {signal, wake: this.#wake}).catch(() => {});
        isFollowed = signal.aborted || await follow({type: 'reset'});
        if (isFollowed && !signal.aborted)
          yield {isCurrent: copy.isCurrent, uploads: copy.uploads};
      }
      backOff.reset();
    }
  }
}
