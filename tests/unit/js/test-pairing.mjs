// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What becomes of a pairing while the person has not answered yet.
import assert from 'node:assert/strict';
import {test} from 'node:test';

import {OutboxError} from '../../../client/js/errors.js';
import {pair} from '../../../client/js/pairing.js';

function refusal(word) {
  const error = new OutboxError('WrongState', word, {status: 400});

  error.problem = {error: word};
  return error;
}

// A door at whose broker these answers come one after the other: an Error is thrown.
function makeDoor(...answers) {
  let pairing;

  return {
    asked: [],
    async findForPairing() {
      return 'http://127.0.0.1:7363';
    },
    async postUnproved(_base, path) {
      const answer = answers.shift();

      this.asked.push(path);
      if (answer instanceof Error)
        throw answer;
      return answer;
    },
    async getToken() {
      return pairing?.token;
    },
    async getPairing() {
      return pairing;
    },
    async keepPairing(made) {
      pairing = made;
    },
  };
}

const request = code => ({device_code: `secret of ${code}`, user_code: code, expires_in: 600, interval: 0.001});
const GRANTED = {token: 't', app: 'https:site.example', manage: false};

async function pairAt(door, options) {
  const codes = [];
  const result = await pair(door, {...options, onCode: ({userCode}) => codes.push(userCode)}).catch(error => error.code ?? error.name);

  return [result, codes];
}

test('/js/pairing/ends', async t => {
  // Nobody waits five seconds here.
  const wait = globalThis.setTimeout;

  t.mock.method(globalThis, 'setTimeout', use => wait(use, 0));
  const rows = {
    'when it is approved': [[request('A'), refusal('authorization_pending'), GRANTED], GRANTED.app, ['A']],
    'when it is denied': [[request('A'), refusal('access_denied')], 'Denied', ['A']],
    'when it was denied lately': [[new OutboxError('NotAllowed', '', {status: 403})], 'Denied', []],
    'after slow_down': [[request('A'), refusal('slow_down'), GRANTED], GRANTED.app, ['A']],
    'after a broker that was started again': [[request('A'), new OutboxError('NoBroker', ''), request('B'), GRANTED],
      GRANTED.app, ['A', 'B']],
    'after a broker that is away for longer': [[request('A'), new OutboxError('NoBroker', ''), new OutboxError('NoBroker', ''),
      new OutboxError('NoBroker', ''), request('B'), GRANTED], GRANTED.app, ['A', 'B']],
    'after another browser had asked': [[request('A'), refusal('expired_token'), request('A'), GRANTED], GRANTED.app, ['A']],
    'after it asked too often': [[request('A'), refusal('expired_token'), new OutboxError('TooMany', '', {status: 429}),
      refusal('expired_token'), request('A'), GRANTED], GRANTED.app, ['A']],
    'when nobody answers in time': [[{...request('A'), expires_in: 0}], 'Expired', ['A']],
  };

  for (const [name, [answers, result, codes]] of Object.entries(rows))
    assert.deepEqual(await pairAt(makeDoor(...answers)), [result, codes], name);
});

test('/js/pairing/two-tabs-show-one-code', async () => {
  let approve;
  const answer = new Promise(resolve => approve = resolve);
  const door = makeDoor(request('A'), answer);
  const first = pairAt(door);
  let shown;
  const isShown = new Promise(resolve => shown = resolve);
  const second = pair(door, {onCode: ({userCode}) => shown(userCode)});

  assert.equal(await isShown, 'A');
  approve(GRANTED);
  assert.deepEqual(await first, [GRANTED.app, ['A']]);
  assert.equal(await second, GRANTED.app);
  assert.deepEqual(door.asked, ['/v1/pair', '/v1/pair/token']);
});

test('/js/pairing/is-asked-for-anew-where-it-was-taken-back', async () => {
  const door = makeDoor(request('A'), GRANTED, request('B'), {...GRANTED, token: 'u'});

  await pairAt(door);
  assert.deepEqual(await pairAt(door), [GRANTED.app, ['B']]);
});
