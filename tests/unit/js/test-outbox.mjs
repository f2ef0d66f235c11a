// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a page asks of the library at the wrong moment, or from the wrong place.
import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {test} from 'node:test';
import {promisify} from 'node:util';

import {Broker, broken, makePage} from './broker.mjs';

const FILE = new Blob([new Uint8Array(100000).fill(7)]);

test('/js/outbox/tells-pages-that-nobody-can-let-in', async () => {
  const rows = {
    'https://site.example': 'ready',
    'http://localhost:8000': 'unpaired', // the proof is for another origin
    'http://capture.localhost': 'unpaired',
    'http://127.0.0.1:8000': 'unpaired',
    'http://[::1]:8000': 'unpaired',
    'http://192.168.1.5': 'insecure',
    'http://kiosk.local:8000': 'insecure',
    'http://localhost.example': 'insecure',
    'file://': 'insecure',
    'chrome-extension://abcdefgh': 'insecure',
    null: 'insecure', // a sandboxed frame
  };

  for (const [origin, state] of Object.entries(rows)) {
    const outbox = await makePage(new Broker(), {origin});

    assert.equal(await outbox.state(), state, origin);
    if (state === 'insecure')
      await assert.rejects(outbox.submit(FILE), {code: 'Insecure'}, origin);
  }
});

test('/js/outbox/ends-with-a-program-of-node-and-says-that-it-is-no-page', async () => {
  const {href} = new URL('../../../client/js/outbox.js', import.meta.url);
  const script = `import {Outbox} from '${href}';\nconsole.log(await new Outbox().state());`;
  const {stdout} = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {timeout: 20000});

  assert.equal(stdout, 'insecure\n');
});

// Each request of a submission is the moment of one abort. What was aborted goes on, and is one upload.
test('/js/outbox/is-aborted-at-every-step', async () => {
  let isLast = false;

  for (let step = 0; !isLast; step++) {
    const broker = new Broker();
    const outbox = await makePage(broker);
    const controller = new AbortController();
    const why = new Error('enough');

    if (step === 0)
      controller.abort(why);
    broker.before = (_method, _path, n) => n === step ? controller.abort(why) : undefined;
    const error = await outbox.submit(FILE, {key: 'k', signal: controller.signal}).then(() => null, thrown => thrown);

    isLast = error === null;
    assert.ok(isLast || error === why, `step ${step}: ${error}`);
    await outbox.submit(FILE, {key: 'k'});
    assert.deepEqual(broker.whole.map(({bytes}) => bytes.length), [FILE.size], `step ${step}`);
    assert.deepEqual(await outbox.pending(), []);
  }
});

test('/js/outbox/is-aborted-while-it-looks-at-the-file', async () => {
  const broker = new Broker();
  const outbox = await makePage(broker);
  const controller = new AbortController();
  const source = new Blob([FILE]);

  broker.before = method => method === 'PATCH' ? new Response(null, {status: 503}) : undefined;
  await assert.rejects(outbox.submit(source, {key: 'k', signal: controller.signal,
    onProgress: ({state}) => state === 'waiting' && controller.abort()}), {name: 'AbortError'});
  broker.before = () => {};
  const again = new AbortController();

  source.slice = (...args) => {
    again.abort();
    return Blob.prototype.slice.apply(source, args);
  };
  await assert.rejects(outbox.submit(source, {key: 'k', signal: again.signal}), {name: 'AbortError'});
  assert.equal(broker.whole.length, 0);
});

test('/js/outbox/arrives-whatever-a-page-does-with-its-progress', async () => {
  const broker = new Broker();
  const outbox = await makePage(broker);
  const faults = [];

  globalThis.reportError = error => faults.push(error);
  await outbox.submit(FILE, {onProgress: () => {
    throw new Error('no such element');
  }});
  delete globalThis.reportError;
  assert.equal(broker.whole.length, 1);
  assert.ok(faults.length > 0);
});

test('/js/outbox/refuses-a-stream-that-somebody-reads', async () => {
  const outbox = await makePage(new Broker());
  const stream = new ReadableStream();

  stream.getReader();
  await assert.rejects(outbox.submit(stream), {code: 'InvalidArgument'});
  assert.deepEqual(await outbox.pending(), []);
});

// The broker takes 32 of a site, which may have eight tabs.
test('/js/outbox/opens-few-of-many-files-at-a-time', async () => {
  const broker = new Broker();
  const outbox = await makePage(broker);
  const n = 100;
  const told = new Set();
  let nToldFirst = 0; // before the first was whole
  const onProgress = ({key}) => {
    told.add(key);
    nToldFirst = broker.whole.length === 0 ? told.size : nToldFirst;
  };

  await Promise.all(Array.from({length: n}, (_, i) => outbox.submit(new Blob([String(i)]), {key: String(i), onProgress})));
  assert.equal(nToldFirst, n, 'a page shows all of them');
  assert.equal(broker.whole.length, n);
  assert.ok(broker.mostOpen <= 4, `${broker.mostOpen} were open`);
});

test('/js/outbox/ends-an-iterator-that-waits', async () => {
  const broker = new Broker();
  const outbox = await makePage(broker);

  for (const make of [options => outbox.events(options), options => outbox.watch(options)]) {
    const returned = make();

    await returned.next();
    const waiting = returned.next();

    assert.deepEqual(await returned.return(), {done: true, value: undefined});
    assert.equal((await waiting).done, true);

    const controller = new AbortController();
    const aborted = make({signal: controller.signal});

    await aborted.next();
    const last = aborted.next();

    controller.abort();
    assert.equal((await last).done, true);
    assert.equal((await make({signal: controller.signal}).next()).done, true);
  }
});

test('/js/outbox/asks-again-for-a-list-that-broke-off', async () => {
  const broker = new Broker();
  const outbox = await makePage(broker);
  let nLists = 0;

  broker.before = (_method, path) => path === '/v1/uploads' && nLists++ === 0 ? broken() : undefined;
  const watch = outbox.watch();

  assert.equal((await watch.next()).value.isCurrent, false);
  const {value} = await watch.next(); // nothing changes at the broker

  assert.equal(value.isCurrent, true);
  assert.equal(nLists, 2);
  await watch.return();
});

test('/js/outbox/forgets-what-nobody-could-go-on-with', async () => {
  const broker = new Broker();
  const outbox = await makePage(broker);
  const gone = new Blob(['x']);

  gone.slice = () => ({arrayBuffer: () => Promise.reject(new DOMException('It is gone', 'NotFoundError'))});
  await assert.rejects(outbox.submit(gone), {code: 'SourceChanged'});
  await assert.rejects(outbox.submit(new ReadableStream({start: stream => stream.enqueue('a text')})), {code: 'InvalidArgument'});
  assert.deepEqual(await outbox.pending(), []);
  assert.equal(broker.uploads.size, 0);
});

// A form whose fields were put right is submitted again.
test('/js/outbox/takes-other-words-for-what-was-refused', async () => {
  const broker = new Broker();
  const targets = [];

  broker.before = (method, path) => method === 'POST' && path === '/v1/tus/' && targets.length === 1
    ? Response.json({code: 'NotFound'}, {status: 404}) : undefined;
  const page = await makePage({fetch: (url, options) => {
    if (options.method === 'POST' && url.includes('/v1/tus/'))
      targets.push(new URL(url).search);
    return broker.fetch(url, options);
  }});

  await assert.rejects(page.submit(FILE, {key: 'k', destination: 'nowhere', group: ''}), {code: 'NotFound'});
  await page.submit(FILE, {key: 'k', destination: 'depot', group: null});
  assert.deepEqual(targets, ['?destination=nowhere', '?destination=depot']);
  await assert.rejects(page.submit(FILE, {metadata: {'a b': 'c'}}), {code: 'InvalidArgument'});
});

// Each answer is lost once, as where the broker is killed before it has written it.
test('/js/outbox/is-one-upload-whatever-answer-is-lost', async t => {
  const wait = globalThis.setTimeout;

  t.mock.method(globalThis, 'setTimeout', use => wait(use, 0));
  for (const source of [() => FILE, () => FILE.stream()])
    for (let lost = 1, n = lost; lost <= n; lost++) {
      const broker = new Broker();
      const outbox = await makePage(broker);

      n = 0;
      broker.after = () => {
        if (++n === lost)
          throw new TypeError('Failed to fetch');
      };
      await outbox.submit(source());
      assert.deepEqual([...broker.uploads.values()].map(({bytes}) => bytes.length), [FILE.size], `answer ${lost}`);
    }
});

test('/js/outbox/forgets-what-is-discarded-while-the-broker-is-away', async () => {
  const broker = new Broker();
  const outbox = await makePage(broker);
  const controller = new AbortController();

  broker.before = method => method === 'PATCH' ? controller.abort() : undefined;
  await assert.rejects(outbox.submit(FILE, {key: 'k', signal: controller.signal}), {name: 'AbortError'});
  assert.equal(broker.uploads.size, 1);
  broker.before = () => {
    throw new TypeError('Failed to fetch');
  };
  await outbox.discard('k');
  assert.deepEqual(await outbox.pending(), []);
  await assert.rejects(outbox.goOn('k'), {code: 'NotFound'});

  // It is back, and the page hears of it.
  let hear;
  const isForgotten = new Promise(resolve => hear = resolve);

  broker.before = () => {};
  broker.after = method => method === 'DELETE' && hear();
  const events = outbox.events();

  await events.next();
  await isForgotten;
  assert.equal(broker.uploads.size, 0);
  await events.return();
});
