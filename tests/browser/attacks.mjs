// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a page of another site can try in Chromium, with the token and the ids of a site that was let in: each has to get nothing and
// change nothing. The functions of the table run in that page, and return what they got; null or an error is nothing.
import assert from 'node:assert/strict';

import {until} from './tap.mjs';

const ATTACKS = {
  'asks without a token': ({base}) => fetch(`${base}/v1/uploads`).then(r => r.text()),
  'asks with a stolen token': ({base, bearer}) => fetch(`${base}/v1/uploads`, {headers: bearer}).then(r => r.text()),
  'follows with a stolen token': ({base, bearer}) => fetch(`${base}/v1/events`, {headers: bearer}).then(r => r.status),
  'asks with cookies': ({base}) => fetch(`${base}/v1/summary`, {credentials: 'include'}).then(r => r.text()),
  'asks as the same origin': ({base}) => fetch(`${base}/v1/summary`, {mode: 'same-origin'}).then(r => r.text()),
  'asks for what it cannot read': ({base}) =>
    fetch(`${base}/v1/uploads`, {mode: 'no-cors'}).then(r => r.text()).then(text => text || null),
  'hands over what it cannot read': ({base}) =>
    fetch(`${base}/v1/uploads?name=evil`, {method: 'POST', mode: 'no-cors', body: 'x'}).then(() => null),
  'hands over with a stolen token': ({base, bearer}) =>
    fetch(`${base}/v1/uploads?name=evil`, {method: 'POST', body: 'x', headers: bearer}).then(r => r.text()),
  'makes an upload in pieces': ({base, bearer}) => fetch(`${base}/v1/tus/`, {method: 'POST', body: '',
    headers: {...bearer, 'Tus-Resumable': '1.0.0', 'Upload-Length': '1'}}).then(r => r.headers.get('Location')),
  'writes into an upload': ({base, bearer, id}) => fetch(`${base}/v1/tus/${id}`, {method: 'PATCH', body: 'x', headers: {...bearer,
    'Tus-Resumable': '1.0.0', 'Upload-Offset': '0', 'Content-Type': 'application/offset+octet-stream'}}).then(r => r.status),
  'removes an upload': ({base, bearer, id}) =>
    fetch(`${base}/v1/uploads/${id}`, {method: 'DELETE', headers: bearer}).then(r => r.status),
  'pauses the queue by a beacon': ({base}) => (navigator.sendBeacon(`${base}/v1/queue/pause`, ''), null),
  'pauses the queue without reading': ({base}) =>
    fetch(`${base}/v1/queue/pause`, {method: 'POST', mode: 'no-cors'}).then(() => null),
  'asks for a proof to give to others': ({base}) => fetch(`${base}/v1/hello`, {method: 'POST',
    headers: {'Content-Type': 'application/json'}, body: JSON.stringify({nonce: 'ab'.repeat(32)})}).then(r => r.json())
    .then(({proofs}) => proofs),
  'guesses the code of a pairing': ({base}) => fetch(`${base}/v1/pair/token`, {method: 'POST',
    headers: {'Content-Type': 'application/json'}, body: JSON.stringify({device_code: 'guess'})}).then(async r => (await r.json()).token),
  'lets itself in': ({base, bearer}) =>
    fetch(`${base}/v1/apps/ABCD-EFGH/approve`, {method: 'POST', headers: bearer}).then(r => r.ok || null),
  'opens a WebSocket': ({base}) => new Promise(resolve => {
    const socket = new WebSocket(`${base.replace('http', 'ws')}/v1/events`);

    socket.onopen = () => resolve('open');
    socket.onerror = () => resolve(null);
  }),
  'opens an EventSource': ({base}) => new Promise(resolve => {
    const source = new EventSource(`${base}/v1/events`);

    source.onopen = () => resolve('open');
    source.onerror = () => resolve(source.close() ?? null);
  }),
  'loads a script': ({base}) => new Promise(resolve => {
    const script = Object.assign(document.createElement('script'), {src: `${base}/v1/uploads`});

    script.onload = () => resolve('loaded');
    script.onerror = () => resolve(null);
    document.head.append(script);
  }),
  'loads a picture': ({base, id}) => new Promise(resolve => {
    const picture = Object.assign(new Image(), {src: `${base}/v1/uploads/${id}`});

    picture.onload = () => resolve('loaded');
    picture.onerror = () => resolve(null);
  }),
  'loads a style sheet': ({base}) => new Promise(resolve => {
    const link = Object.assign(document.createElement('link'), {rel: 'stylesheet', href: `${base}/v1/uploads`});

    link.onload = () => resolve('loaded');
    link.onerror = () => resolve(null);
    document.head.append(link);
  }),
  'asks from a frame without an origin': ({base, bearer}) => new Promise(resolve => {
    const frame = document.createElement('iframe');

    frame.sandbox = 'allow-scripts';
    frame.srcdoc = `<script>fetch('${base}/v1/uploads', {headers: ${JSON.stringify(bearer)}})
      .then(r => r.text()).catch(() => null).then(text => parent.postMessage(text, '*'))</script>`;
    window.onmessage = ({data}) => resolve(data);
    document.body.append(frame);
  }),
  'sends a form': ({base}) => new Promise(resolve => {
    const frame = Object.assign(document.createElement('iframe'), {name: 'target'});
    const form = Object.assign(document.createElement('form'),
      {action: `${base}/v1/uploads?name=evil`, method: 'post', enctype: 'text/plain', target: 'target'});

    document.body.append(frame, form);
    frame.onload = () => resolve(null);
    form.submit();
  }),
  'sends a form with a file': ({base}) => new Promise(resolve => {
    const frame = Object.assign(document.createElement('iframe'), {name: 'second'});
    const form = Object.assign(document.createElement('form'),
      {action: `${base}/v1/uploads?name=evil`, method: 'post', enctype: 'multipart/form-data', target: 'second'});

    document.body.append(frame, form);
    frame.onload = () => resolve(null);
    form.submit();
  }),
};

// Names that somebody else's name server leads to this device: the page is of the broker's own port then.
const REBOUND = ['http://rebound.example:7363/v1/uploads', 'http://127.0.0.1.example:7363/', 'http://0.0.0.0:7363/v1/uploads',
  'http://rebound.localhost:7363/v1/uploads'];

async function tryRebound(browser, url, token, ids) {
  const page = await browser.browser.newPage();
  const response = await page.goto(url).catch(() => null);

  if (response) {
    assert.ok(response.status() >= 400, `${url} was answered ${response.status()}`);
    const got = await page.evaluate(async bearer => {
      const texts = await Promise.all([{}, {Authorization: `Bearer ${bearer}`}].map(headers =>
        fetch('/v1/uploads', {headers}).then(r => r.text(), () => '')));

      return texts.join();
    }, token);

    assert.ok(!ids.some(id => got.includes(id)), `${url} told of uploads`);
  }
  await page.close();
}

// An attack that goes wrong by itself shows nothing.
function attackFrom(page, attack, facts) {
  return page.evaluate(async (use, given) => {
    try {
      return await eval(`(${use})`)(given) ?? null;
    } catch (error) {
      if (!error.message.includes('Failed to fetch'))
        throw error;
      return null;
    }
  }, String(attack), facts);
}

// What would have changed: the uploads, the queue, and who is let in.
async function look(world) {
  const uploads = (await world.list()).map(({id, name, state, sequence}) => [id, name, state, sequence]);

  return {uploads, status: await world.outbox('status'), apps: await world.outbox('app', 'list')};
}

// good: a page of a site that was let in.
export async function tryAttacks(world, browser, good) {
  const token = await good.evaluate(() => new Promise((resolve, reject) => {
    const request = indexedDB.open('outbox');

    request.onsuccess = () => {
      const asked = request.result.transaction('facts').objectStore('facts').get('token');

      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = reject;
    };
  }));
  const before = await look(world);
  const ids = before.uploads.map(([id]) => id);
  const bearer = {Authorization: `Bearer ${token}`};
  const site = await world.startSite();
  const page = await browser.browser.newPage();

  assert.ok(token?.length > 20 && ids.length > 0);
  await page.goto(`${site.origin}/probe.js`);
  for (const [name, attack] of Object.entries(ATTACKS)) {
    const got = await attackFrom(page, attack, {base: 'http://127.0.0.1:7363', bearer, id: ids[0]});

    assert.equal(got, null, `who ${name} got something`);
  }
  await page.close();
  for (const url of REBOUND)
    await tryRebound(browser, url, token, ids);
  assert.deepEqual(await look(world), before);
  // The site itself still gets what is its own, by the same request.
  const own = await attackFrom(good, ATTACKS['asks with a stolen token'], {base: 'http://127.0.0.1:7363', bearer});
  assert.ok(ids.some(id => own.includes(id)));
  await until('word of the broker', () => good.evaluate(() => document.body.dataset.broker === 'ready'));
}
