// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The broker's proof, made here by Node's own HMAC.
import assert from 'node:assert/strict';
import {createHash, createHmac} from 'node:crypto';
import {test} from 'node:test';

import {isProof, writeChallenge} from '../../../client/js/door.js';

const TOKEN = 'a token';
const NONCE = 'ab'.repeat(32);
const CHALLENGE = writeChallenge('https://site.example', '127.0.0.1:7363', NONCE);

function sign(token, text) {
  return createHmac('sha256', createHash('sha256').update(token).digest()).update(text).digest('hex');
}

test('/js/proof/is-believed', async () => {
  assert.equal(CHALLENGE, `outbox-hello\nhttps://site.example\n127.0.0.1:7363\n${NONCE}`);
  assert.ok(await isProof(sign(TOKEN, CHALLENGE), TOKEN, CHALLENGE));
});

test('/js/proof/is-not-believed', async () => {
  const right = sign(TOKEN, CHALLENGE);
  const rows = {
    'another token': sign('another', CHALLENGE),
    'another port, whose answer somebody passes on': sign(TOKEN, writeChallenge('https://site.example', '127.0.0.1:7364', NONCE)),
    'another site': sign(TOKEN, writeChallenge('https://evil.example', '127.0.0.1:7363', NONCE)),
    'an answer of before': sign(TOKEN, writeChallenge('https://site.example', '127.0.0.1:7363', 'cd'.repeat(32))),
    'the nonce itself': NONCE,
    'cut off': right.slice(0, 62),
    'longer': `${right}00`,
    'in capitals': right.toUpperCase(),
    'with blanks': ` ${right}`,
    'nothing': '',
    'no text': 12,
    'null': null,
    'absent': undefined,
    'an object': {toString: () => right},
  };

  for (const [name, proof] of Object.entries(rows))
    assert.equal(await isProof(proof, TOKEN, CHALLENGE), false, name);
});
