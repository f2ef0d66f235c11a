// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The bytes of a submission between page, shelf and sender, and what a submission says of itself to the broker.
import assert from 'node:assert/strict';
import {randomBytes} from 'node:crypto';
import {test} from 'node:test';

import {Entry, MemoryShelf} from '../../../client/js/shelf.js';
import {makeSubmission, writeMetadata, writeQuery} from '../../../client/js/submission.js';
import {isSameFile, PIECE_BYTES, Supply} from '../../../client/js/supply.js';

const BYTES = randomBytes(2 * PIECE_BYTES + 12345);

// As IndexedDB, for whom it matters.
class LastingShelf extends MemoryShelf {
  get isLasting() {
    return true;
  }
}

// A shelf that has room for so many pieces.
class FullShelf extends LastingShelf {
  #room;

  constructor(room) {
    super();
    this.#room = room;
  }

  async putPiece(piece, submission) {
    if (this.#room-- <= 0)
      throw new DOMException('There is no room', 'QuotaExceededError');
    return super.putPiece(piece, submission);
  }
}

// Gives the bytes in chunks of these sizes, again and again, as a recorder does.
function record(bytes, ...sizes) {
  let at = 0;
  let turn = 0;

  return new ReadableStream({
    pull(controller) {
      const size = sizes[turn++ % sizes.length];

      if (at < bytes.length)
        controller.enqueue(turn % 2 ? bytes.subarray(at, at + size) : new Blob([bytes.subarray(at, at + size)]));
      else
        controller.close();
      at += size;
    },
  });
}

// Reads all as a sender does that is cut off within each piece.
async function drain(supply) {
  const parts = [];
  let offset = 0;
  let piece;

  while ((piece = await supply.read(offset))) {
    const half = Buffer.from(await piece.slice(0, Math.ceil(piece.size / 2)).arrayBuffer());

    assert.ok(half.length > 0);
    parts.push(half);
    offset += half.length;
  }
  return Buffer.concat(parts);
}

async function pass(shelf, source) {
  const submission = makeSubmission('key', source, {});
  const supply = new Supply(new Entry(shelf, submission), source);
  const [bytes] = await Promise.all([drain(supply), supply.fill()]);

  return {submission, bytes};
}

const rows = {
  'a-file': [() => new Blob([BYTES]), () => new LastingShelf(), BYTES.length],
  'a-file-without-room': [() => new Blob([BYTES]), () => new FullShelf(1), 0],
  'a-file-in-a-private-window': [() => new Blob([BYTES]), () => new MemoryShelf(), 0],
  'an-empty-file': [() => new Blob(), () => new LastingShelf(), 0],
  'a-recording': [() => record(BYTES, 300000, 1, 77777), () => new LastingShelf(), BYTES.length],
  'a-recording-in-large-chunks': [() => record(BYTES, PIECE_BYTES + 1, 5), () => new LastingShelf(), BYTES.length],
  'a-recording-without-room': [() => record(BYTES, 1000000), () => new FullShelf(3), 3000000],
  'an-empty-recording': [() => record(Buffer.alloc(0), 1), () => new LastingShelf(), 0],
};

for (const [name, [makeSource, makeShelf, keptBytes]] of Object.entries(rows))
  test(`/js/supply/${name}`, async () => {
    const source = makeSource();
    const shelf = makeShelf();
    const {submission, bytes} = await pass(shelf, source);
    const expected = source instanceof Blob ? Buffer.from(await source.arrayBuffer()) : name.startsWith('an-empty')
      ? Buffer.alloc(0) : BYTES;

    assert.ok(bytes.equals(expected));
    assert.equal(submission.size, expected.length);
    assert.equal(submission.keptBytes, keptBytes);
  });

test('/js/supply/a-page-that-is-opened-again-has-what-was-kept', async () => {
  const shelf = new LastingShelf();
  const {submission} = await pass(shelf, new Blob([BYTES]));

  assert.ok((await drain(new Supply(new Entry(shelf, submission), null))).equals(BYTES));
});

test('/js/entry/no-write-takes-back-another', async () => {
  const submission = makeSubmission('key', new Blob([BYTES]), {});
  const shelf = new LastingShelf();
  const entry = new Entry(shelf, submission);
  const piece = {key: 'key', at: 0, bytes: new ArrayBuffer(5)};

  // A piece is being written while the broker says how much it has.
  await Promise.all([entry.save({keptBytes: 5}, record => shelf.putPiece(piece, record)), entry.note({offset: 3}),
    entry.save({}, () => Promise.reject(new Error('no room'))).catch(() => {}), entry.note({path: '/v1/tus/1'})]);
  const {keptBytes, offset, path} = await shelf.getSubmission('key');

  assert.deepEqual({keptBytes, offset, path}, {keptBytes: 5, offset: 3, path: '/v1/tus/1'});
});

test('/js/supply/a-file-that-changes-is-sent-as-it-was', async () => {
  const shelf = new LastingShelf();
  const source = new Blob([BYTES]);
  const submission = makeSubmission('key', source, {});
  const supply = new Supply(new Entry(shelf, submission), source);

  await supply.fill();
  source.slice = () => {
    throw new Error('it was rewritten');
  };
  assert.ok((await drain(supply)).equals(BYTES));
});

test('/js/supply/a-page-that-has-not-all-asks-for-the-file', async () => {
  const shelf = new FullShelf(1);
  const {submission} = await pass(shelf, new Blob([BYTES]));

  assert.equal(submission.keptBytes, 0);
  await assert.rejects(drain(new Supply(new Entry(shelf, await shelf.getSubmission('key')), null)), {code: 'FileNeeded'});
});

test('/js/supply/a-source-that-fails-ends-who-reads', async () => {
  const source = new ReadableStream({pull: controller => controller.error(new Error('the camera is gone'))});
  const supply = new Supply(new Entry(new LastingShelf(), makeSubmission('key', source, {})), source);
  const filled = supply.fill();

  await assert.rejects(drain(supply), /the camera is gone/);
  await assert.rejects(filled, /the camera is gone/);
});

// As when the person clears the site's data while the page is open.
test('/js/supply/a-browser-that-loses-what-it-kept-has-the-file-still', async () => {
  const shelf = new LastingShelf();
  const source = new Blob([BYTES]);
  const supply = new Supply(new Entry(shelf, makeSubmission('key', source, {})), source);

  await supply.fill();
  await shelf.forgetSubmission('key');
  assert.ok((await drain(supply)).equals(BYTES));

  const changed = Buffer.from(BYTES);

  changed[0] ^= 1;
  source.slice = (...args) => new Blob([changed]).slice(...args);
  await assert.rejects(drain(supply), {code: 'SourceChanged'});
});

test('/js/supply/a-source-hears-at-once-that-it-is-not-wanted', async () => {
  const rows = {before: supply => supply.stop(new Error('enough')), after: () => {}};

  for (const [name, before] of Object.entries(rows)) {
    let cancelled = null;
    const source = new ReadableStream({cancel: reason => void (cancelled = reason)}); // a camera that gives nothing yet
    const supply = new Supply(new Entry(new LastingShelf(), makeSubmission('key', source, {})), source);

    before(supply);
    const filled = supply.fill();

    supply.stop(new Error('enough'));
    await filled;
    assert.equal(cancelled?.message, 'enough', name);
    assert.equal(supply.isKept, false, name);
  }
});

test('/js/supply/memory-has-only-what-the-broker-has-not', async () => {
  for (const shelf of [new MemoryShelf(), new FullShelf(0)]) {
    const source = record(BYTES, 1000000);
    const supply = new Supply(new Entry(shelf, makeSubmission('key', source, {})), source);

    await supply.fill();
    supply.free(5000000);
    assert.equal((await supply.read(5000000)).size, PIECE_BYTES - PIECE_BYTES % 1000000 + 1000000);
    await assert.rejects(supply.read(0), {code: 'FileNeeded'});
  }
});

test('/js/supply/a-file-is-known-by-its-bytes', async () => {
  const {submission} = await pass(new LastingShelf(), new Blob([BYTES]));
  const {submission: unkept} = await pass(new FullShelf(1), new Blob([BYTES]));
  const {submission: recorded} = await pass(new LastingShelf(), record(BYTES, 1000000));
  const changed = Buffer.from(BYTES);

  changed[changed.length - 1] ^= 1;
  for (const one of [submission, unkept]) {
    assert.ok(await isSameFile(one, new Blob([BYTES])));
    assert.ok(!await isSameFile(one, new Blob([changed])), 'as long, and another');
    assert.ok(!await isSameFile(one, new Blob([BYTES.subarray(1)])), 'shorter');
  }
  assert.ok(!await isSameFile(recorded, new Blob([BYTES])), 'nobody can say that of a recording');
});

test('/js/submission/says-what-it-is', () => {
  const metadata = {note: 'Brücke 🌉', job: '4711', empty: ''};
  const submission = makeSubmission('key', new Blob(['x'], {type: 'video/webm;codecs="vp9,opus"'}), {
    name: 'Straße.webm', group: 'a b&c', groupTitle: 'T', form: true, priority: -5, notBefore: 12, metadata});
  const pairs = Object.fromEntries(writeMetadata(submission).split(',').map(pair => {
    const [key, value] = pair.split(' ');

    return [key, Buffer.from(value, 'base64').toString()];
  }));

  assert.deepEqual(pairs, {filename: 'Straße.webm', filetype: 'video/webm', note: 'Brücke 🌉', job: '4711'});
  assert.equal(writeQuery(submission.options), '?group=a+b%26c&group_title=T&form=true&priority=-5&not_before=12');
  assert.equal(writeQuery({}), '');
});

test('/js/submission/refuses-an-option-that-there-is-not', () => {
  assert.throws(() => makeSubmission('key', new Blob(), {gruop: '4711'}), {code: 'InvalidArgument'});
});
