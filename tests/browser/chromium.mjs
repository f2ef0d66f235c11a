// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The example page in Chromium: what a person does with it, and what comes in between.
import assert from 'node:assert/strict';
import http from 'node:http';
import {once} from 'node:events';
import {readFileSync} from 'node:fs';

import {tryAttacks} from './attacks.mjs';
import {startChromium} from './browsers.mjs';
import {shortPage} from './short-page.mjs';
import {arrives, connect, isKept, isReady, MIB, reads, toBytes} from './steps.mjs';
import {until} from './tap.mjs';
import {uppyGoesOn} from './uppy.mjs';
import {PUBLIC_PORT, sha256} from './world.mjs';

const N_TABS = 8;

async function recorded(world, browser) {
  const page = await browser.open(browser.site.page);

  await isReady(page);
  await page.click('#record');
  await until('three chunks', () => page.evaluate(() => probe.recorded.length >= 3));
  await page.click('#record');
  const name = await until('name', () => page.evaluate(() => document.querySelector('#list strong')?.textContent));
  await reads(page, name, 'done');
  const {size, sha256} = await page.evaluate(() => probe.digestRecorded());

  assert.ok(size > 0);
  await arrives(world, name, sha256);
  await page.close();
}

// What a script of the page asks for itself: nothing is a file too, a key is one upload, what was stopped goes on, what was discarded is
// gone, and a database that is gone is made anew.
async function byScript(world, browser) {
  const page = await browser.open(browser.site.page);

  await isReady(page);
  await page.evaluate(async () => {
    const {Outbox} = await import('/outbox.js');

    window.outbox = new Outbox();
    await outbox.submit(new Blob(), {name: 'empty.txt', key: 'empty'});
  });
  await arrives(world, 'empty.txt', sha256(''));
  const [same, other] = await page.evaluate(async () => [
    await outbox.submit(new Blob(), {name: 'again.txt', key: 'empty'}),
    await outbox.submit(new Blob(['x']), {key: 'empty'}).catch(error => error.code),
  ]);
  assert.equal(same.id, (await world.list()).find(({name}) => name === 'empty.txt').id);
  assert.equal(other, 'KeyReused');

  // A recording that its page has stopped is what had come until then.
  const stopped = await page.evaluate(async () => {
    const controller = new AbortController();
    const source = new ReadableStream({start: stream => stream.enqueue(new Uint8Array(1000).fill(7))});
    const word = await outbox.submit(source, {name: 'stopped.bin', key: 'stopped', signal: controller.signal,
      onProgress: ({confirmed}) => confirmed === 1000 && controller.abort()}).catch(error => error.name);
    const {confirmed} = (await outbox.pending()).find(({key}) => key === 'stopped');

    return [word, confirmed, (await outbox.goOn('stopped')).isInterrupted];
  });
  assert.deepEqual(stopped, ['AbortError', 1000, true]);
  await arrives(world, 'stopped.bin', sha256(Buffer.alloc(1000, 7)));

  const [refused, pending] = await page.evaluate(async () => {
    const endless = new ReadableStream({start: controller => controller.enqueue(new Uint8Array(1000))});
    let onSent;
    const sent = new Promise(resolve => onSent = resolve);
    const submitted = outbox.submit(endless, {name: 'endless', key: 'endless', onProgress: ({confirmed}) => confirmed > 0 && onSent()});

    await sent;
    void outbox.discard('endless');
    const word = await submitted.catch(error => error.name);

    await outbox.discard('endless');
    return [word, (await outbox.pending()).filter(({key}) => key === 'endless')];
  });
  assert.equal(refused, 'AbortError');
  assert.deepEqual(pending, []);

  // The database is taken away under the page, as when the person clears the site's data.
  const kept = await page.evaluate(async () => {
    const {openShelf} = await import('/shelf.js');
    const shelf = await openShelf('another');

    await shelf.setFact('token', 'before');
    await new Promise((resolve, reject) => Object.assign(indexedDB.deleteDatabase('another'),
      {onsuccess: resolve, onerror: reject, onblocked: reject}));
    const lost = await shelf.getFact('token');

    await shelf.setFact('token', 'after');
    return [lost ?? null, await shelf.getFact('token')];
  });
  assert.deepEqual(kept, [null, 'after']);
  assert.ok(!(await world.list()).some(({name}) => name === 'endless'));
  await page.close();
}

// The camera goes with its page. What it took until then is not lost.
async function closedWhileRecording(world, browser) {
  const page = await browser.open(browser.site.page);

  await isReady(page);
  await page.click('#record');
  await until('bytes at the broker', () => page.evaluate(() => Number(document.querySelector('#list li')?.dataset.confirmed) > 0));
  const name = await page.evaluate(() => document.querySelector('#list strong').textContent);
  const before = Buffer.from(await page.evaluate(async () => Array.from(new Uint8Array(await new Blob(probe.recorded).arrayBuffer()))));
  await page.close();

  const again = await browser.open(browser.site.page);
  await reads(again, name, 'done');
  const stored = readFileSync(world.stored(name)[0].file);
  const both = Math.min(stored.length, before.length);
  assert.ok(both > 0);
  assert.ok(stored.subarray(0, both).equals(before.subarray(0, both)));
  await again.close();
}

// The browser has no room for a file. The page asks for it when it is opened again, and it is the same upload.
async function addedAgain(world, browser) {
  const {file, sha256: digest} = world.makeFile('large.mp4', 24 * MIB);
  const first = await browser.open(`${browser.site.page}?full&hold=${8 * MIB}`);

  await isReady(first);
  await first.setFile('#files', file);
  await until('held piece', () => first.evaluate(() => probe.isHeld));
  await first.close();

  const again = await browser.open(browser.site.page);
  await reads(again, 'large.mp4', 'FileNeeded');
  await again.setFile('#files', file);
  await arrives(world, 'large.mp4', digest);
  assert.deepEqual(await again.evaluate(() => probe.sent), [[8, 8], [16, 8]].map(toBytes));
  const [{id}, ...others] = (await world.list()).filter(({name}) => name === 'large.mp4');
  assert.equal(others.length, 0);
  await reads(again, 'large.mp4', 'done');
  assert.equal(await again.evaluate(() => document.querySelectorAll('#list [data-state=FileNeeded]').length), 0);
  await world.outbox('remove', id);
  await until('list without it', () => again.evaluate(() => !document.querySelector('#list').textContent.includes('large.mp4')));
  await again.close();
}

// A browser freezes no page that is in a transaction, since nobody else could go on; who freezes it by force has to wait for the same.
async function leaveShelf() {
  for (const {name} of await indexedDB.databases())
    await new Promise((resolve, reject) => {
      const request = indexedDB.open(name);

      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        const {result: shelf} = request;
        const transaction = shelf.transaction([...shelf.objectStoreNames], 'readwrite');

        shelf.close();
        transaction.oncomplete = resolve;
        transaction.onabort = () => reject(transaction.error);
      };
    });
}

async function manyTabs(world, browser) {
  const tabs = [];

  for (let i = 0; i < N_TABS; i++)
    tabs.push(await browser.open(browser.site.page));
  await Promise.all(tabs.map(isReady));
  const streams = () => Promise.all(tabs.map(tab => tab.evaluate(() => probe.streams)));
  const before = await until('reader', async () => {
    const counts = await streams();

    return counts.some(n => n > 0) && counts;
  });

  assert.equal(before.filter(n => n > 0).length, 1, 'one tab reads the stream');
  const {file, sha256} = world.makeFile('first.jpg', 3 * MIB);
  await tabs[7].setFile('#files', file);
  await Promise.all(tabs.map(tab => reads(tab, 'first.jpg', 'done')));
  await arrives(world, 'first.jpg', sha256);

  // Who reads it is closed, and another goes on.
  const leader = before.findIndex(n => n > 0);
  const [closed] = tabs.splice(leader, 1);
  await closed.close();
  const {file: second} = world.makeFile('second.jpg', MIB);
  await tabs[0].setFile('#files', second);
  await Promise.all(tabs.map(tab => reads(tab, 'second.jpg', 'done')));
  assert.equal((await streams()).filter(n => n > 0).length, 1);

  // It is frozen, as the browser does to tabs in the background, and the others hear of it all the same.
  const after = await streams();
  const frozen = tabs.splice(after.findIndex(n => n > 0), 1)[0];
  const session = await frozen.page.createCDPSession();
  await frozen.evaluate(leaveShelf);
  await session.send('Page.setWebLifecycleState', {state: 'frozen'});
  const {file: third} = world.makeFile('third.jpg', MIB);
  await tabs[0].setFile('#files', third);
  await Promise.all(tabs.map(tab => reads(tab, 'third.jpg', 'done')));
  await session.send('Page.setWebLifecycleState', {state: 'active'});
  await frozen.page.bringToFront();
  await reads(frozen, 'third.jpg', 'done');
  await Promise.all([frozen, ...tabs].map(tab => tab.close()));
}

async function brokerComesBack(world, browser) {
  const {file, sha256: digest} = world.makeFile('later.mp4', 40 * MIB);
  const page = await browser.open(`${browser.site.page}?hold=${16 * MIB}`);

  await isReady(page);
  await page.setFile('#files', file);
  await until('held piece', () => page.evaluate(() => probe.isHeld));
  await world.killBroker();
  await page.evaluate(() => releaseHeld());
  await reads(page, 'later.mp4', 'waiting');
  await world.startBroker();
  await reads(page, 'later.mp4', 'done');
  await arrives(world, 'later.mp4', digest);
  // The piece that nobody took is sent again, and none that was confirmed.
  const sent = await page.evaluate(() => probe.sent);
  assert.deepEqual(sent.slice(0, 3), [[0, 8], [8, 8], [16, 8]].map(toBytes));
  assert.deepEqual(sent.slice(-3), [[16, 8], [24, 8], [32, 8]].map(toBytes));
  assert.ok(sent.slice(2).every(([offset]) => offset >= 16 * MIB));
  assert.equal((await world.list()).filter(({name}) => name === 'later.mp4').length, 1);
  await page.close();
}

async function attacked(world, browser) {
  const good = await browser.open(browser.site.page);

  await isReady(good);
  await tryAttacks(world, browser, good);
  await good.close();
}

// Another program has the broker's port: it says yes to everything, and gets no token and no byte of a file.
async function squatter(world, browser) {
  const heard = [];
  const page = await browser.open(browser.site.page);
  const {file, sha256} = world.makeFile('mine.jpg', MIB);

  await isReady(page);
  await world.killBroker();
  const server = http.createServer((request, response) => {
    heard.push({...request.headers, url: request.url, method: request.method});
    request.resume();
    response.writeHead(200, {'Access-Control-Allow-Origin': request.headers.origin ?? '*', 'Content-Type': 'application/json',
      'Access-Control-Allow-Headers': '*, Authorization', 'Access-Control-Allow-Methods': '*'});
    response.end(JSON.stringify({proof: 'ab'.repeat(32), token: 'x'}));
  }).listen(7363, '127.0.0.1');
  await once(server, 'listening');
  await page.setFile('#files', file);
  await until('question', () => heard.find(({url, method}) => url === '/v1/hello' && method === 'POST'));
  await world.startBroker();
  await page.evaluate(() => window.dispatchEvent(new Event('online')));
  await arrives(world, 'mine.jpg', sha256);
  assert.deepEqual(heard.filter(({authorization, url}) => authorization || url !== '/v1/hello'), []);
  server.close();
  server.closeAllConnections();
  await page.close();
}

async function revoked(world, browser) {
  const page = await browser.open(browser.site.page);
  const {file} = world.makeFile('late.jpg', MIB);

  await isReady(page);
  await world.outbox('app', 'revoke', browser.site.origin);
  await page.setFile('#files', file);
  await until('word of it', () => page.evaluate(() => document.body.dataset.broker === 'unpaired'));
  await reads(page, 'late.jpg', 'waiting');
  await isKept(page);
  await page.close();

  // It is still here when the page is opened again, and goes on when the site is let in again.
  const again = await browser.open(browser.site.page);
  await reads(again, 'late.jpg', 'waiting');
  await connect(world, again);
  await reads(again, 'late.jpg', 'done');
  await again.close();
}

// A page of the internet reaches the broker where the person, or a policy, allows it; a frame where the page around it does too.
async function publicPage(world, browser) {
  const at = (name, path) => `https://${name}.example:${PUBLIC_PORT}${path}`;
  const allowed = await browser.open(at('public', '/example/index.html'));
  const {file, sha256} = world.makeFile('public.jpg', MIB);

  await connect(world, allowed);
  await allowed.setFile('#files', file);
  await reads(allowed, 'public.jpg', 'done');
  await arrives(world, 'public.jpg', sha256);
  await allowed.close();

  const rows = [
    ['a site that nobody has allowed', at('other', '/example/index.html'), 'ask'],
    ['a site without https', browser.site.page.replace('localhost', 'other.example'), 'insecure'],
    ['a frame', at('around', '/around'), 'blocked'],
    // What the site has in its own window, a frame of another site has not: it is let in for itself.
    ['a frame that is allowed', at('around', '/around?allow=loopback-network'), 'unpaired'],
  ];
  for (const [what, url, state] of rows) {
    const page = await browser.browser.newPage();
    const said = new Promise(resolve => page.on('console', message => {
      const [, word] = /^broker: (.*)/.exec(message.text()) ?? [];

      if (word)
        resolve(word);
    }));

    await page.goto(url);
    assert.equal(await said, state, what);
    if (state === 'ask') {
      // The browser asks, and nobody is there who would allow it.
      await page.$eval('#pair', button => button.click()); // a tab behind another has no place for a mouse
      await until('word of it', () => page.evaluate(() => document.body.dataset.broker === 'blocked'));
    }
    await page.close();
  }
}

export async function startPublicChromium(world) {
  await world.startPublicSite();
  return startChromium(world.folder, ['--ignore-certificate-errors', '--host-resolver-rules=MAP *.example 127.0.0.1',
    `--ip-address-space-overrides=127.0.0.1:${PUBLIC_PORT}=public`]);
}

// Those of the site, one after the other; those of other sites, which run beside them; and those that look at everything, or in which
// the broker dies.
export const chromiumCases = {
  own: {
    'what-a-script-asks-for': byScript,
    'a-recording-arrives-as-it-was-made': recorded,
    'closed-while-it-records': closedWhileRecording,
    'a-file-that-has-to-be-added-again': addedAgain,
    'eight-tabs-share-one-stream': manyTabs,
  },
  others: {
    'a-page-of-the-internet': publicPage,
    'the-shortest-page': shortPage,
  },
  last: {
    'another-site-gets-nothing': attacked,
    'a-broker-that-is-killed-half-way-comes-back': brokerComesBack,
    'uppy-as-it-is-goes-on': uppyGoesOn,
    'who-cannot-prove-gets-nothing': squatter,
    'what-a-person-takes-back': revoked,
  },
};
