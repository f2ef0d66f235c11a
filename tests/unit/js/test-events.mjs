// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a page makes of the broker's events: of bytes in any pieces, and of what comes out of order.
import assert from 'node:assert/strict';
import {test} from 'node:test';

import {readEvents} from '../../../client/js/event-stream.js';
import {Copy, isEarlier, judge} from '../../../client/js/events.js';

const STREAM = `: a comment\n\nid: e-1\nevent: ready\ndata: {"sequence":"e-1"}\n\n:\n\nevent: reset\ndata: {}\n\n`
  + `id: e-2\nevent: changes\ndata: {"uploads":[{"name":"Brücke 🌉"}],\ndata:"removed":[]}\n\n`;
const EVENTS = [
  {id: 'e-1', type: 'ready', data: '{"sequence":"e-1"}'},
  {id: 'e-1', type: 'reset', data: '{}'},
  {id: 'e-2', type: 'changes', data: '{"uploads":[{"name":"Brücke 🌉"}],\n"removed":[]}'},
];

function streamOf(...parts) {
  return new ReadableStream({
    start(controller) {
      parts.forEach(part => controller.enqueue(part));
      controller.close();
    },
  });
}

async function readAll(...parts) {
  const events = [];

  for await (const event of readEvents(streamOf(...parts)))
    events.push(event);
  return events;
}

test('/js/events/come-out-of-bytes-cut-anywhere', async () => {
  const bytes = new TextEncoder().encode(STREAM);

  for (let cut = 0; cut <= bytes.length; cut++)
    assert.deepEqual(await readAll(bytes.slice(0, cut), bytes.slice(cut)), EVENTS, `cut at ${cut}`);
});

test('/js/events/what-breaks-off-is-no-event', async () => {
  const whole = new TextEncoder().encode(STREAM);

  assert.deepEqual(await readAll(whole, new TextEncoder().encode('id: e-3\nevent: changes\ndata: {}\n')), EVENTS);
});

test('/js/events/sequences-are-numbers-of-one-database', () => {
  const rows = [
    ['e-1', 'e-2', true], ['e-2', 'e-1', false], ['e-2', 'e-2', false], ['e-9', 'e-10', true], ['a-1', 'b-2', false],
    ['1795969509893-11', '1795969509893-12', true], [undefined, 'e-1', false], ['e-1', undefined, false], ['', '', false],
    ['nonsense', 'e-1', false],
  ];

  for (const [a, b, expected] of rows)
    assert.equal(isEarlier(a, b), expected, `${a} before ${b}`);
});

test('/js/events/a-tab-takes-each-message-once-and-misses-none', () => {
  const ready = since => ({type: 'ready', id: since, since});
  const changes = id => ({type: 'changes', id});
  const rows = [
    // message, up to where the tab was told, whether it is ready
    [ready('e-5'), '', false, 'take'],
    [changes('e-6'), 'e-5', true, 'take'],
    [changes('e-5'), 'e-5', true, 'take'], // progress
    [changes('e-4'), 'e-5', true, 'drop'], // a new leader tells it again
    [changes('f-1'), 'e-5', true, 'take'], // the database was rebuilt
    [ready('e-5'), 'e-5', true, 'drop'],   // for a tab that has just come
    [ready('e-5'), 'e-5', false, 'take'],  // the broker is back
    [ready('e-4'), 'e-5', true, 'drop'],   // a new leader that was told less
    [ready('e-4'), 'e-5', false, 'take'],
    [ready('e-7'), 'e-5', true, 'list'],   // one that was told more
    [ready('e-7'), 'e-5', false, 'list'],
    [ready('f-1'), 'e-5', true, 'list'],
    [ready(''), 'e-5', false, 'list'],
    [{type: 'gone'}, 'e-5', true, 'take'],
    [{type: 'ended'}, 'e-5', true, 'take'],
    [{type: 'reset', id: 'e-1'}, 'e-5', true, 'take'],
  ];

  for (const [message, lastId, isReady, verdict] of rows)
    assert.equal(judge(message, lastId, isReady), verdict, `${JSON.stringify(message)} after ${lastId}`);
});

const made = (id, number, state = 'queued') => ({id, state, sequence: `e-${number}`});

test('/js/copy/equals-the-list-whatever-comes-when', async () => {
  const copy = new Copy();
  const lists = [[made('a', 1), made('b', 4, 'done')], [made('a', 7, 'paused')], [made('c', 9)]];
  const list = async () => lists.shift();

  await copy.follow({type: 'ready'}, list);
  assert.ok(copy.isCurrent);
  // It was written before the list was, and read after it.
  await copy.follow({type: 'changes', uploads: [made('b', 3, 'uploading')], removed: []}, list);
  assert.equal(copy.uploads.find(({id}) => id === 'b').state, 'done');
  await copy.follow({type: 'changes', uploads: [made('d', 5)], removed: ['b']}, list);
  assert.deepEqual(copy.uploads.map(({id}) => id), ['a', 'd']);
  // A hold is told once, and not with every upload that it covers.
  await copy.follow({type: 'changes', uploads: [], removed: [], holds: [{reason: 'user'}]}, list);
  assert.equal(copy.uploads[0].state, 'paused');
  await copy.follow({type: 'gone'}, list);
  assert.ok(!copy.isCurrent);
  assert.equal(copy.uploads.length, 2);
  await copy.follow({type: 'ready'}, list);
  assert.deepEqual(copy.uploads.map(({id}) => id), ['c']);
});

test('/js/copy/asks-again-where-the-list-could-not-be-had', async () => {
  const copy = new Copy();

  await assert.rejects(copy.follow({type: 'ready'}, async () => {
    throw new Error('gone');
  }));
  assert.ok(!copy.isCurrent);
  await copy.follow({type: 'changes', uploads: [], removed: []}, async () => [made('a', 1)]);
  assert.ok(copy.isCurrent);
  assert.equal(copy.uploads.length, 1);
});
