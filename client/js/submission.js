// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A file on its way from the page to the broker, by tus in pieces. Its record on the shelf outlives the page:
//
//   key, name, mediaType, options    as it was submitted; the key is the submit key
//   size, isStream, isEnded          size is null while a stream goes on
//   readBytes, keptBytes, digests    what was read, what is on the shelf, and the SHA-256 of each piece of it
//   creation                         a random number: who asks with it again, since no answer came, gets the same upload
//   path, offset                     of the upload that the broker made, and how much of it survives there
//   createdAt, handedOver            times; from handedOver on the broker has all of it, and the pieces are gone
import {alone, amongFew} from './locks.js';
import {OutboxError} from './errors.js';
import {Entry} from './shelf.js';
import {Supply} from './supply.js';
import {BackOff, onAbort, pause, Turns} from './waiting.js';

const TUS = {'Tus-Resumable': '1.0.0'};
// Files that a page has open at the broker, which takes 32 of a site: eight tabs keep none of each other waiting. Each has a piece in
// memory.
const filesOpen = new Turns(4);

const BODY_TYPE = 'application/offset+octet-stream';

// What a creation says of the upload in its query, by the names that this library uses.
const QUERY = {destination: 'destination', group: 'group', groupTitle: 'group_title', form: 'form', priority: 'priority',
  notBefore: 'not_before'};

function encodeBase64(text) {
  return btoa(Array.from(new TextEncoder().encode(text), byte => String.fromCharCode(byte)).join(''));
}

export function writeMetadata({name, mediaType, options}) {
  const pairs = Object.entries({filename: name, filetype: mediaType, ...options.metadata}).filter(([, value]) => value);

  return pairs.map(([key, value]) => `${key} ${encodeBase64(String(value))}`).join(',');
}

// What is empty, as a field of a form that nobody has filled in, is absent.
export function writeQuery(options) {
  const pairs = Object.entries(QUERY).filter(([name]) => (options[name] ?? '') !== '');
  const query = new URLSearchParams(pairs.map(([name, parameter]) => [parameter, String(options[name])]));

  return pairs.length > 0 ? `?${query}` : '';
}

// Throws InvalidArgument for what would be left out in silence.
function checkOptions(options) {
  for (const name of Object.keys(options))
    if (!(name in QUERY) && !['name', 'mediaType', 'metadata', 'key', 'onProgress', 'signal'].includes(name))
      throw new OutboxError('InvalidArgument', `There is no option “${name}”`);
  for (const name of Object.keys(options.metadata ?? {}))
    if (!/^[\x21-\x2b\x2d-\x7e]+$/.test(name))
      throw new OutboxError('InvalidArgument', `A key of metadata has printable ASCII characters, no blank and no comma: not “${name}”`);
}

export function makeSubmission(key, source, options) {
  checkOptions(options);
  if (!/^[\x21-\x7e]{1,200}$/.test(key))
    throw new OutboxError('InvalidArgument', 'A submit key has up to 200 printable ASCII characters, without blanks');
  const isStream = !(source instanceof Blob);

  if (isStream && source.locked)
    throw new OutboxError('InvalidArgument', 'Somebody else reads the stream: it cannot be submitted');
  const {destination, group, groupTitle, form, priority, notBefore, metadata} = options;

  return {
    key, isStream, isEnded: !isStream, size: isStream ? null : source.size,
    name: options.name || source.name || 'upload', mediaType: options.mediaType ?? source.type?.split(';')[0] ?? '',
    options: {destination, group, groupTitle, form, priority, notBefore, metadata},
    readBytes: 0, keptBytes: 0, digests: [], creation: crypto.randomUUID(), path: null, offset: 0, createdAt: Date.now(), handedOver: null,
  };
}

export function getId(submission) {
  return submission.path?.split('/').pop() ?? null;
}

function readOffset(response) {
  const offset = Number(response.headers.get('Upload-Offset') ?? NaN);

  if (!Number.isSafeInteger(offset) || offset < 0)
    throw new OutboxError('Failed', 'Outbox did not say how much it has', {status: 502});
  return offset;
}

function readPath(response) {
  const path = response.headers.get('Location');

  // Never an address: the token goes to the broker that was proved to be it.
  if (!/^\/v1\/tus\/[0-9A-Za-z-]+$/.test(path ?? ''))
    throw new OutboxError('Failed', 'Outbox did not say where the upload is', {status: 502});
  return path;
}

// A fault in what the page does with the progress is told where all its faults are, and keeps no file from arriving.
function tellOfFault(error) {
  if (globalThis.reportError)
    globalThis.reportError(error);
  else
    console.error(error);
}

export class Sender {
  #door;
  #entry;
  #submission;
  #supply;
  #signal;
  #report;
  #wake;
  #isMadeAnew = false;
  #told = ['sending']; // what was reported last

  // report({state, …}): hears how far it is. wake: an EventTarget that ends waits early.
  constructor(door, shelf, submission, source, {signal, report = () => {}, wake}) {
    this.#door = door;
    this.#entry = new Entry(shelf, submission);
    this.#submission = submission;
    this.#supply = new Supply(this.#entry, source, () => this.#tell(...this.#told));
    this.#signal = signal;
    this.#report = report;
    this.#wake = wake;
  }

  #tell(state, error = null) {
    const {key, size, readBytes, offset} = this.#submission;

    this.#told = [state, error];
    try {
      this.#report({key, id: getId(this.#submission), state, size: size ?? readBytes, confirmed: offset,
        isKept: this.#supply.isKept, error});
    } catch (thrown) {
      tellOfFault(thrown);
    }
  }

  // Returns: when the broker has all of it on its disk.
  async run() {
    const forget = onAbort(this.#signal, reason => this.#supply.stop(reason));
    this.#tell('sending'); // its turn to be read may be far off
    const filled = this.#supply.fill();

    filled.catch(() => {}); // read() throws it
    try {
      await this.#keepTrying();
      await filled;
      await this.#handOver();
    } catch (error) {
      this.#supply.stop(error);
      throw error;
    } finally {
      forget();
    }
  }

  // A recording goes on for as long as it likes, and waits for no file.
  #sendInTurn() {
    return this.#submission.isStream ? this.#send() : filesOpen.run(() => this.#send(), this.#signal);
  }

  async #keepTrying() {
    const backOff = new BackOff();

    for (;;) {
      const before = this.#submission.offset;

      try {
        return await this.#sendInTurn();
      } catch (error) {
        this.#signal?.throwIfAborted();
        if (!error.isPassing && !error.needsPerson)
          throw error;
        if (this.#submission.offset > before)
          backOff.reset();
        this.#tell('waiting', error);
        await pause(Math.max(backOff.next(), error.retryAfterMs), {signal: this.#signal, wake: this.#wake});
      }
    }
  }

  async #send() {
    const submission = this.#submission;

    await (submission.path ? this.#look() : this.#create());
    this.#tell('sending');
    for (;;) {
      const piece = await this.#supply.read(submission.offset);

      // The end of a stream may be known only after its last byte was sent.
      if (!piece && (!submission.isStream || submission.isLengthTold))
        return;
      await this.#sendPiece(piece ?? new Blob());
      if (submission.offset === submission.size && submission.isLengthTold)
        return;
      this.#tell('sending');
    }
  }

  async #create() {
    const submission = this.#submission;
    // The same words each time: those of a recording do not depend on whether it has ended.
    const length = submission.isStream ? {'Upload-Defer-Length': '1'} : {'Upload-Length': String(submission.size)};
    const response = await this.#door.ask('POST', `/v1/tus/${writeQuery(submission.options)}`, {signal: this.#signal,
      headers: {...TUS, ...length, 'Upload-Metadata': writeMetadata(submission), 'Idempotency-Key': submission.creation},
      body: new Uint8Array()});

    await this.#entry.note({path: readPath(response), isLengthTold: 'Upload-Length' in length, offset: 0});
  }

  // What the broker has is what it says, not what was sent.
  async #look() {
    const submission = this.#submission;

    try {
      const response = await this.#door.ask('HEAD', submission.path, {headers: TUS, signal: this.#signal});

      await this.#entry.note({isLengthTold: response.headers.has('Upload-Length'), offset: readOffset(response)});
      // What a recorder's page had in memory alone was sent before it was closed.
      if (submission.isInterrupted && submission.offset > submission.size)
        submission.size = submission.readBytes = submission.offset;
    } catch (error) {
      if (error.status !== 404 && error.status !== 410)
        throw error;
      await this.#makeAnew(error);
    }
  }

  // The upload is gone at the broker: it expired, or its disk was lost. All of the bytes are still here. Once is enough: a person
  // may have removed it.
  async #makeAnew(cause) {
    if (this.#isMadeAnew)
      throw new OutboxError('Removed', 'The upload was removed at Outbox while it came in', {status: 404, cause});
    this.#isMadeAnew = true;
    Object.assign(this.#submission, {path: null, creation: crypto.randomUUID()});
    await this.#create();
  }

  async #sendPiece(piece) {
    const submission = this.#submission;
    const tellsLength = submission.isEnded && !submission.isLengthTold;
    const headers = {...TUS, 'Upload-Offset': String(submission.offset), 'Content-Type': BODY_TYPE,
      ...tellsLength ? {'Upload-Length': String(submission.size)} : {}};
    const response = await amongFew(
      () => this.#door.ask('PATCH', submission.path, {headers, body: piece, signal: this.#signal}), this.#signal);

    const offset = readOffset(response);

    if (offset <= submission.offset && piece.size > 0)
      throw new OutboxError('Failed', 'Outbox took none of a piece', {status: 502});
    await this.#entry.note({isLengthTold: submission.isLengthTold || tellsLength, offset});
    this.#supply.free(offset);
  }

  async #handOver() {
    this.#submission.handedOver = Date.now();
    await this.#entry.save({}, record => this.#entry.shelf.dropPieces(record)).catch(() => {});
    this.#tell('saved');
  }
}

export function lockOf(key) {
  return `outbox-submission-${key}`;
}

// One tab at a time works on a submission.
export function aloneWith(key, use, signal) {
  return alone(lockOf(key), use, signal);
}
