// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What changes at the broker, by one event stream for all tabs of a site: who has the lock reads it, and tells the others by a
// BroadcastChannel. When that tab is closed, another goes on from the last event that it has seen itself. So it does when the browser
// freezes that tab, or puts its page aside for the way back: such a page reads nothing, and hears nothing of what others tell. It lists
// anew when it is thawed.
//
// A message has one of these types:
//
//   ready    the stream is there: what is listed after it, and what comes from now on, is all
//   changes  uploads (documents of those that changed), removed (ids), holds (all, where one changed)
//   reset    the past is gone: list anew
//   gone     no stream; it is tried again. code: why
//   ended    no stream, and none will come until somebody does something. code, message: why
import {alone} from './locks.js';
import {OutboxError} from './errors.js';
import {readEvents} from './event-stream.js';
import {BackOff, onAbort, pause, startDeadline} from './waiting.js';

const NAME = 'outbox-events';
const SILENCE_MS = 60000; // the broker says something every 25 seconds

function readSequence(text) {
  const [, epoch, number] = /^(.*)-(\d+)$/.exec(text ?? '') ?? [null, '', '-1'];

  return {epoch, number: Number(number)};
}

// Whether a stands for an earlier state of the same database than b.
export function isEarlier(a, b) {
  const one = readSequence(a);
  const other = readSequence(b);

  return one.epoch === other.epoch && one.number < other.number;
}

// What a tab does with a message: `take` it; `drop` it, since it is known; or `list` anew first, since the stream of a new leader began
// later than where this tab was. lastId: up to where the tab was told, or empty. isReady: whether it has heard that the stream is
// there. What comes of an upload while a chunk of it is on its way has the id of the last change before.
export function judge(message, lastId, isReady) {
  const isKnown = lastId !== '' && message.id !== undefined && isEarlier(message.id, lastId);

  if (message.type === 'changes')
    return isKnown ? 'drop' : 'take';
  if (message.type !== 'ready')
    return 'take';
  if (lastId !== '' && message.since !== lastId && !isEarlier(message.since, lastId))
    return 'list';
  return isReady ? 'drop' : 'take';
}

export class Events {
  #door;
  #wake;
  #subscribers = new Set();
  #channel = null;
  #stop = null;      // an AbortController, while somebody listens
  #leading = null;   // the signal of #stop, while this tab reads the stream
  #state = null;     // the last message of `ready`, `gone` or `ended`
  #lastId = '';      // up to where this tab has been told
  onReady = () => {}; // this tab has the stream

  // wake: an EventTarget whose `wake` ends the wait for the next try; it is dispatched when the broker is back.
  constructor(door, wake) {
    this.#door = door;
    this.#wake = wake;
    for (const [name, use] of Object.entries({freeze: () => this.#rest(), resume: () => this.#goOn(),
      pagehide: () => this.#rest(), pageshow: () => this.#goOn()}))
      globalThis.window?.addEventListener(name, use, {capture: true}); // two of them are of the document
  }

  // Yields messages until the signal is aborted. Throws when the stream has ended.
  async *listen({signal} = {}) {
    const subscriber = {queue: [], wake: () => {}};
    const forget = onAbort(signal, () => subscriber.wake());

    if (signal?.aborted)
      return;
    this.#add(subscriber);
    try {
      while (!signal?.aborted) {
        const message = subscriber.queue.shift();

        if (message?.type === 'ended')
          throw new OutboxError(message.code, message.message);
        if (message)
          yield message;
        else
          await new Promise(resolve => subscriber.wake = resolve);
      }
    } finally {
      forget();
      this.#remove(subscriber);
    }
  }

  #add(subscriber) {
    this.#subscribers.add(subscriber);
    if (!this.#stop)
      this.#start();
    else if (this.#state)
      subscriber.queue.push(this.#state);
  }

  #remove(subscriber) {
    this.#subscribers.delete(subscriber);
    if (this.#subscribers.size > 0)
      return;
    this.#stop.abort();
    this.#channel.close();
    this.#stop = this.#channel = this.#state = null;
    this.#lastId = '';
  }

  #start() {
    this.#channel = new BroadcastChannel(NAME);
    this.#channel.onmessage = ({data}) => this.#hear(data);
    this.#follow();
  }

  // Hears who reads the stream, and reads it when nobody else does.
  #follow() {
    const {signal} = this.#stop = new AbortController();
    const stopped = new Promise(resolve => onAbort(signal, resolve)); // the lock is free at once: a page that is frozen does no more

    // Who reads the stream tells a tab that has just come how it is.
    this.#channel.postMessage({type: 'ask'});
    alone(NAME, () => Promise.race([this.#lead(signal), stopped]), signal).catch(() => {});
  }

  #rest() {
    this.#stop?.abort();
  }

  #goOn() {
    if (!this.#stop?.signal.aborted)
      return;
    this.#state = null;
    this.#follow();
    this.#give({type: 'reset'});
  }

  #hear(message) {
    if (message.type !== 'ask')
      this.#take(message);
    else if (this.#leading && this.#state)
      this.#channel.postMessage({...this.#state, id: this.#lastId, since: this.#lastId});
  }

  #tell(message) {
    this.#channel?.postMessage(message);
    this.#take(message);
  }

  #take(message) {
    const verdict = judge(message, this.#lastId, this.#state?.type === 'ready');

    if (verdict === 'drop')
      return;
    if (message.id && !isEarlier(message.id, this.#lastId))
      this.#lastId = message.id;
    if (['ready', 'gone', 'ended'].includes(message.type))
      this.#state = message;
    if (verdict === 'list')
      this.#give({type: 'reset'});
    this.#give(message);
    if (message.type === 'ready')
      this.#wake.dispatchEvent(new Event('wake'));
    else if (message.type === 'gone')
      this.#door.forgetProof();
  }

  #give(message) {
    for (const subscriber of this.#subscribers) {
      subscriber.queue.push(message);
      subscriber.wake();
    }
  }

  async #lead(signal) {
    const backOff = new BackOff();

    this.#leading = signal;
    try {
      while (!signal.aborted) {
        const error = await this.#readOnce(signal, backOff).catch(cause => cause);

        if (signal.aborted)
          return;
        if (error && error.code !== 'NoBroker' && !error.isPassing) {
          this.#tell({type: 'ended', code: error instanceof OutboxError ? error.code : 'Failed', message: error.message});
          return;
        }
        this.#tell({type: 'gone', code: error?.code ?? 'NoBroker'});
        await pause(backOff.next(), {signal, wake: this.#wake});
      }
    } catch {
      // It was told to stop.
    } finally {
      if (this.#leading === signal)
        this.#leading = null;
    }
  }

  // Returns: when the broker has ended the stream.
  async #readOnce(signal, backOff) {
    const deadline = startDeadline(SILENCE_MS, signal);
    const since = this.#lastId;

    try {
      const headers = since ? {'Last-Event-ID': since} : {};
      const response = await this.#door.ask('GET', '/v1/events', {headers, signal: deadline.signal, isStream: true});

      for await (const {id, type, data} of readEvents(response.body, () => deadline.renew())) {
        backOff.reset();
        this.#tell(type === 'ready' ? {type, id, since: since || id} : {...JSON.parse(data), type, id});
        if (type === 'ready')
          this.onReady();
      }
    } catch (cause) {
      // A connection that broke has no other name in a browser than an error of types.
      throw cause instanceof OutboxError ? cause : new OutboxError('NoBroker', 'The stream broke off', {cause});
    } finally {
      deadline.end();
    }
  }
}

// --- A copy of the list, kept up to date ---

export class Copy {
  #uploads = new Map();
  #isListed = false;
  isCurrent = false;

  get uploads() {
    return [...this.#uploads.values()];
  }

  // What was said earlier of an upload than what is known is dropped.
  #merge({uploads = [], removed = []}) {
    for (const upload of uploads)
      if (!isEarlier(upload.sequence, this.#uploads.get(upload.id)?.sequence))
        this.#uploads.set(upload.id, upload);
    removed.forEach(id => this.#uploads.delete(id));
  }

  // list(filter): asks for the uploads. A hold changes what many of them say of themselves without an event of each. Where that
  // fails, the next event has them asked for again.
  async follow(event, list) {
    const wasListed = this.#isListed && event.type !== 'reset';

    if (event.type === 'changes')
      this.#merge(event);
    this.#isListed = this.isCurrent = false;
    if (event.type === 'gone')
      return;
    if (!wasListed)
      this.#uploads = new Map((await list({})).map(upload => [upload.id, upload]));
    else if (event.holds)
      this.#merge({uploads: await list({unfinished: true})});
    this.#isListed = this.isCurrent = true;
  }
}
