// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Who is at the ports where a page looks for its broker, and what each of them gets to see.
import assert from 'node:assert/strict';
import {createHash, createHmac} from 'node:crypto';
import {once} from 'node:events';
import http from 'node:http';
import {test} from 'node:test';

import {Door, writeChallenge} from '../../../client/js/door.js';
import {MemoryShelf} from '../../../client/js/shelf.js';

const ORIGIN = 'https://site.example';
const TOKEN = 'a-token-of-the-site';

function proofOf(token, request, {nonce}) {
  const key = createHash('sha256').update(token).digest();

  return createHmac('sha256', key).update(writeChallenge(ORIGIN, request.headers.host, nonce)).digest('hex');
}

const problem = (status, code) => () => [status, {code, detail: code}];

// What each answers to hello: [status, document], or nothing, for ever.
const KINDS = {
  ours: (request, body) => [200, {proofs: [proofOf('of another browser', request, body), proofOf(TOKEN, request, body)]}],
  'ours, for another browser': (request, body) => [200, {proofs: [proofOf('of another browser', request, body)]}],
  unpaired: problem(404, 'NotFound'),
  'of another user': problem(403, 'NotAllowed'),
  'too busy': problem(429, 'TooMany'),
  'a web server': () => [404, '<html>'],
  'a liar': (_request, {nonce}) => [200, {proofs: [nonce]}],
  'a parrot': (request, body) => [200, {proofs: [proofOf(TOKEN, {headers: {host: '127.0.0.1:1'}}, body)]}],
  'a flood': (_request, {nonce}) => [200, {proofs: Array(100000).fill(nonce)}],
  silent: () => null,
};

async function listen(kind, heard) {
  const server = http.createServer(async (request, response) => {
    const chunks = await request.toArray();
    const answer = request.url === '/v1/hello' ? KINDS[kind](request, JSON.parse(Buffer.concat(chunks))) : [200, {uploads: []}];

    heard.push({kind, url: request.url, authorization: request.headers.authorization});
    if (answer)
      response.writeHead(answer[0], {'Content-Type': 'application/json'})
        .end(typeof answer[1] === 'string' ? answer[1] : JSON.stringify(answer[1]));
  }).listen(0, '127.0.0.1');

  await once(server, 'listening');
  return server;
}

// Runs use(door, shelf, ports, heard) where these are at the ports, in this order.
async function at(kinds, use, token = TOKEN) {
  const heard = [];
  const servers = await Promise.all(kinds.map(kind => listen(kind, heard)));
  const ports = servers.map(server => server.address().port);
  const shelf = new MemoryShelf();

  await shelf.setFact('token', token);
  try {
    await use(new Door(shelf, {ports, origin: ORIGIN}), shelf, ports, heard);
  } finally {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
  }
}

const STATES = [
  [['ours'], 'ready'],
  [['silent', 'ours'], 'ready'],
  [['of another user', 'a web server', 'a liar', 'ours'], 'ready'],
  [['unpaired', 'ours'], 'ready'],
  [['unpaired'], 'unpaired'],
  [['ours, for another browser'], 'unpaired'],
  [['of another user', 'unpaired'], 'unpaired'],
  [['of another user'], 'absent'],
  [['too busy'], 'absent'],
  [['a web server'], 'absent'],
  [[], 'absent'],
];

for (const [kinds, state] of STATES)
  test(`/js/door/${kinds.join('+').replaceAll(/[ ,]+/g, '-') || 'nobody'}-is-${state}`, () =>
    at(kinds, async door => assert.equal(await door.look(), state)));

test('/js/door/without-a-token-who-is-there-is-unpaired', () =>
  at(['unpaired'], async door => assert.equal(await door.look(), 'unpaired'), undefined));

test('/js/door/nobody-but-the-broker-sees-the-token', () =>
  at(Object.keys(KINDS), async (door, _shelf, _ports, heard) => {
    const response = await door.ask('GET', '/v1/uploads');

    assert.deepEqual(await response.json(), {uploads: []});
    assert.deepEqual(heard.filter(({authorization}) => authorization).map(({kind}) => kind), ['ours']);
    assert.deepEqual(heard.filter(({kind, url}) => kind !== 'ours' && url !== '/v1/hello'), []);
  }));

test('/js/door/who-cannot-prove-is-asked-for-nothing', () =>
  at(Object.keys(KINDS).filter(kind => kind !== 'ours' && kind !== 'silent'), async (door, _shelf, _ports, heard) => {
    await assert.rejects(door.ask('GET', '/v1/uploads'), {code: 'NotPaired'});
    assert.deepEqual(heard.filter(({authorization, url}) => authorization || url !== '/v1/hello'), []);
  }));

test('/js/door/the-port-of-last-time-is-asked-alone', () =>
  at(['unpaired', 'ours'], async (door, shelf, ports, heard) => {
    await door.ask('GET', '/v1/uploads');
    assert.equal(await shelf.getFact('port'), ports[1]);
    heard.length = 0;
    door.forgetProof();
    await door.ask('GET', '/v1/uploads');
    assert.deepEqual(heard.map(({kind, url}) => [kind, url]), [['ours', '/v1/hello'], ['ours', '/v1/uploads']]);
  }));

// The token goes to whom has proved to be the broker within some seconds, also where the clock is set back by a day meanwhile.
test('/js/door/a-clock-that-is-set-back-lengthens-no-proof', t =>
  at(['ours'], async (door, _shelf, _ports, heard) => {
    await door.ask('GET', '/v1/uploads');
    t.mock.timers.enable({apis: ['Date'], now: Date.now() - 86400000});
    t.mock.method(performance, 'now', () => 1e9);
    await door.ask('GET', '/v1/uploads');
    assert.deepEqual(heard.map(({url}) => url), ['/v1/hello', '/v1/uploads', '/v1/hello', '/v1/uploads']);
  }));

// Nothing can be kept, as where the disk of the browser is full, or its database is broken.
test('/js/door/works-with-a-shelf-that-fails', () =>
  at(['ours'], async (door, shelf) => {
    shelf.setFact = shelf.getFact = async () => {
      throw new DOMException('There is no room', 'QuotaExceededError');
    };
    await assert.rejects(door.ask('GET', '/v1/uploads'), {code: 'NotPaired'});
    await door.keepPairing({token: TOKEN, app: 'https:site.example', manage: false});
    assert.equal(await door.look(), 'ready');
    assert.deepEqual(await door.askForDocument('GET', '/v1/uploads'), {uploads: []});
  }));

test('/js/door/an-answer-that-breaks-off-may-go-well-later', () =>
  at(['ours'], async (door, _shelf, _ports, heard) => {
    await door.open();
    const {fetch} = globalThis;
    const half = new Door(new MemoryShelf(), {origin: ORIGIN, ports: _ports, fetch: async (url, options) => {
      const response = await fetch(url, options);

      return url.endsWith('/v1/uploads') ? new Response('{"uploads":[', {status: 200}) : response;
    }});

    await half.keepPairing({token: TOKEN, app: '', manage: false});
    await assert.rejects(half.askForDocument('GET', '/v1/uploads'), {code: 'NoBroker', isPassing: true});
    assert.ok(heard.length > 0);
  }));
