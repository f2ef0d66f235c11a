// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The bytes of a submission, from two sides: fill() takes them from the page and keeps them on the shelf, and read() gives them to
// who sends them. Nothing is given that was not kept, or at least digested, before: a page that is opened again can tell
// whether a file is the same.
//
// Where the browser has no room, a Blob goes without being kept, and of a stream the rest stays in memory: what is submitted
// arrives as long as the page is open.
import {OutboxError} from './errors.js';
import {Turns} from './waiting.js';

export const PIECE_BYTES = 8 * 1024 * 1024; // after as much the broker makes sure that it survives a power cut

// Files that are read at a time: the first of hundreds are safe soon, and one piece of each is in memory.
const reading = new Turns(3);

async function digestOf(bytes) {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

function isSame(a, b) {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

async function readSlice(blob, from, to) {
  try {
    return await blob.slice(from, to).arrayBuffer();
  } catch (cause) {
    throw new OutboxError('SourceChanged', 'The file can no longer be read', {cause});
  }
}

// A chunk of a stream, which may be a view of something larger, or be used again by who made it.
async function copyChunk(chunk) {
  if (chunk instanceof Blob)
    return chunk.arrayBuffer();
  if (chunk instanceof ArrayBuffer || ArrayBuffer.isView(chunk))
    return new Uint8Array(chunk.buffer ?? chunk, chunk.byteOffset ?? 0, chunk.byteLength).slice().buffer;
  throw new OutboxError('InvalidArgument', 'A stream that is submitted has Blobs or buffers');
}

export class Supply {
  #entry;
  #shelf;
  #submission;        // of submission.js; what it says of bytes is changed here alone
  #blob = null;
  #stream = null;
  #reader = null;     // of the stream
  #loose = [];        // pieces of a stream that no shelf would take
  #isRefused = false; // the shelf takes no more
  #end = null;        // why there will be no more: {error}
  #waiting = [];      // who waits for more
  #onKept;

  // source: a Blob, a ReadableStream of buffers or Blobs, or null: what is on the shelf is all. onKept: hears of every piece.
  constructor(entry, source, onKept = () => {}) {
    this.#entry = entry;
    this.#shelf = entry.shelf;
    this.#submission = entry.submission;
    this.#onKept = onKept;
    if (source instanceof Blob)
      this.#blob = source;
    else
      this.#stream = source;
    // A second copy of a file in memory helps nobody.
    this.#isRefused = this.#blob !== null && !this.#shelf.isLasting;
  }

  // Whether a page that is closed now can go on with all of it.
  get isKept() {
    const {size, keptBytes} = this.#submission;

    return this.#shelf.isLasting && keptBytes === size;
  }

  #wake() {
    this.#waiting.splice(0).forEach(resolve => resolve());
  }

  // Ends fill(), and read() where there is no more.
  stop(error) {
    this.#end ??= {error};
    this.#wake();
    void this.#reader?.cancel(error).catch(() => {}); // a camera goes off at once, and not with its next chunk
  }

  // Keeps what the source has. Ends when it has no more, or is stopped.
  async fill() {
    try {
      if (this.#blob)
        await reading.run(() => this.#fillFromBlob());
      else if (this.#stream)
        await this.#fillFromStream();
    } catch (error) {
      this.stop(error);
      throw error;
    }
  }

  async #fillFromBlob() {
    const submission = this.#submission;

    while (submission.readBytes < submission.size && !this.#end) {
      const at = submission.readBytes;

      await this.#keep(await readSlice(this.#blob, at, Math.min(at + PIECE_BYTES, submission.size)));
    }
  }

  async #fillFromStream() {
    if (this.#end)
      return this.#stream.cancel(this.#end.error);
    this.#reader = this.#stream.getReader();
    while (!this.#end) {
      const {done, value} = await this.#reader.read();

      if (this.#end)
        return; // it was cancelled
      if (done)
        return this.#endStream();
      await this.#keepInPieces(await copyChunk(value));
    }
  }

  async #endStream() {
    await this.#entry.note({isEnded: true, size: this.#submission.readBytes});
    this.#wake();
  }

  async #keepInPieces(bytes) {
    for (let from = 0; from < bytes.byteLength; from += PIECE_BYTES)
      await this.#keep(bytes.byteLength > PIECE_BYTES ? bytes.slice(from, from + PIECE_BYTES) : bytes);
  }

  async #keep(bytes) {
    const at = this.#submission.readBytes;
    const readBytes = at + bytes.byteLength;
    // A recording is never compared with a file, and has any number of pieces.
    const digests = this.#blob ? [...this.#submission.digests, {at, digest: await digestOf(bytes)}] : [];

    if (!this.#isRefused)
      await this.#putOnShelf({key: this.#submission.key, at, bytes}, {readBytes, keptBytes: readBytes, digests});
    if (this.#isRefused) {
      if (!this.#blob)
        this.#loose.push({at, bytes});
      await this.#entry.note({readBytes, digests});
    }
    this.#wake();
    this.#onKept();
  }

  async #putOnShelf(piece, change) {
    try {
      await this.#entry.save(change, record => this.#shelf.putPiece(piece, record));
    } catch {
      this.#isRefused = true;
      // A part of a Blob is of no use to a page that is opened again; what there is of a recording is.
      if (this.#blob)
        await this.#entry.save({keptBytes: 0}, record => this.#shelf.dropPieces(record))
          .catch(() => this.#submission.keptBytes = 0);
    }
  }

  // Waits until there are bytes from that offset on. Returns: some of them, as a Blob; null at the end.
  async read(offset) {
    const submission = this.#submission;

    while (offset >= submission.readBytes && offset !== submission.size) {
      if (this.#end)
        throw this.#end.error;
      if (!this.#blob && !this.#stream)
        throw new OutboxError('FileNeeded', 'This browser has not all of the file: submit it again with the same key');
      await new Promise(resolve => this.#waiting.push(resolve));
    }
    if (offset === submission.size)
      return null;
    if (this.#blob && offset >= submission.keptBytes)
      return new Blob([await readSlice(this.#blob, offset, Math.min(offset + PIECE_BYTES, submission.readBytes))]);
    return this.#gather(offset);
  }

  // The broker has everything before that offset on its disk: what is in memory alone has done its work.
  free(offset) {
    this.#loose = this.#loose.filter(({at, bytes}) => at + bytes.byteLength > offset);
    this.#shelf.free?.(this.#submission.key, offset);
  }

  // Returns: the piece with the byte at that offset. A browser may lose what it kept, as when the person clears the site's data: a page
  // that still has the file reads it again.
  async #findPiece(at) {
    const {key, digests} = this.#submission;
    const kept = this.#loose.find(one => one.at <= at && at < one.at + one.bytes.byteLength)
      ?? await this.#shelf.getPieceAt(key, at).catch(() => {});

    if (kept)
      return kept;
    if (!this.#blob)
      throw new OutboxError('FileNeeded', 'This browser has not all of the file: submit it again with the same key');
    const i = digests.findLastIndex(one => one.at <= at);
    const bytes = await readSlice(this.#blob, digests[i].at, digests[i + 1]?.at ?? this.#submission.readBytes);

    if (!isSame(digests[i].digest, await digestOf(bytes)))
      throw new OutboxError('SourceChanged', 'The file is another than before');
    return {at: digests[i].at, bytes};
  }

  // What is sent is what was kept, whatever has become of the file since. Small pieces, as a recorder makes them, are sent together.
  async #gather(offset) {
    const parts = [];
    let at = offset;

    while (at - offset < PIECE_BYTES && at < this.#submission.readBytes) {
      const piece = await this.#findPiece(at);

      parts.push(new Uint8Array(piece.bytes, at - piece.at));
      at = piece.at + piece.bytes.byteLength;
    }
    return new Blob(parts);
  }
}

// Whether a file has the bytes that were read of the submission so far. Reads it.
export async function isSameFile(submission, blob) {
  return !submission.isStream && submission.size === blob.size && reading.run(() => hasSameBytes(submission, blob));
}

async function hasSameBytes(submission, blob) {
  const {digests} = submission;

  for (const [i, {at, digest}] of digests.entries()) {
    const end = digests[i + 1]?.at ?? submission.readBytes;

    if (!isSame(digest, await digestOf(await readSlice(blob, at, end))))
      return false;
  }
  return true;
}
