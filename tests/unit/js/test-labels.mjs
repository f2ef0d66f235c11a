// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The labels of the page are those of the library in C, in every language: each state with each reason, times, and groups.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';

const { LABELS, PRINT_LABELS, DASHBOARD } = process.env;

// A script of a page is a module for Node where a package says so.
const folder = mkdtempSync(join(tmpdir(), 'outbox-labels-'));

cpSync(DASHBOARD, folder, { recursive: true });
writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
after(() => rmSync(folder, { recursive: true }));

const { Labels, format } = await import(pathToFileURL(join(folder, 'labels.js')));

for (const file of readdirSync(LABELS).filter(name => /^labels-.*\.json$/.test(name)))
  test(file, () => {
    const words = JSON.parse(readFileSync(join(LABELS, file)));
    const labels = new Labels(words);
    const LANGUAGE = words.language.replace('-', '_');
    const lines = execFileSync(PRINT_LABELS, { env: { ...process.env, LANGUAGE }, encoding: 'utf8', maxBuffer: 1 << 26 }).trim();

    for (const line of lines.split('\n')) {
      const { kind, length, now, asked, label } = JSON.parse(line);

      assert.equal(kind === 'group' ? labels.group(asked, now, length) : labels.status(asked, now, length), label, line);
    }
  });

test('values come in the order that a language has', () => {
  assert.equal(format('%u of %u, %s at 100 %%', 1, 2, 'a'), '1 of 2, a at 100 %');
  assert.equal(format('%2$u / %1$s', 'a', 7), '7 / a');
});

test('plural rules of any language', () => {
  const choose = (plural, n) => new Labels({ plural }).choose(['a', 'b', 'c'], n);
  const polish = 'nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);';

  assert.deepEqual([0, 1, 2, 5, 12, 22, 25].map(n => choose(polish, n)), ['c', 'a', 'b', 'c', 'c', 'b', 'c']);
  assert.deepEqual([0, 1, 2].map(n => choose('nplurals=2; plural=(n > 1);', n)), ['a', 'a', 'b']);
  assert.deepEqual([0, 1, 2].map(n => choose('nplurals=1; plural=0;', n)), ['a', 'a', 'a']);
  assert.deepEqual([0, 1, 2].map(n => choose('nplurals=2; plural=!(n==1);', n)), ['b', 'a', 'b']);
});

test('the example has the words of reasons', async () => {
  const { reasons } = JSON.parse(readFileSync(join(LABELS, 'labels-en.json')));
  const { REASONS } = await import('../../../client/js/example/words.js');
  const own = { user: 'paused by you', ask: 'waiting for your answer in Outbox' };

  for (const [name, text] of Object.entries(REASONS))
    assert.equal(text, own[name] ?? reasons[name].terminal.replace(/^[^·]*· /, '').replace('\'', '’'), name);
});

test('the service\'s sentences are known as the command knows them', async () => {
  const { Sentences } = await import(pathToFileURL(join(folder, 'sentences.js')));
  const words = JSON.parse(readFileSync(join(LABELS, 'words-de.json')));
  const sentences = new Sentences(words[''], words['%s: %s']);
  const cases = [
    ['The keyring is locked', 'Der Schlüsselbund ist gesperrt'],
    ['The server has 5 bytes and no longer 70', 'Der Server hat 5 Bytes und nicht mehr 70'],
    ['The sign-in server: The server did not answer in time', 'Der Anmeldeserver: Der Server hat nicht rechtzeitig geantwortet'],
    ['3 of 7 are done: There is no network', '3 von 7 sind erledigt: Es gibt kein Netzwerk'],
    ['Could not connect to depot.example: Connection refused', 'Keine Verbindung zu depot.example: Verbindungsaufbau abgelehnt'],
    ['/etc/outbox/outbox.conf: [Rule video] less than min-size', '/etc/outbox/outbox.conf: [Rule video] kleiner als min-size'],
    ['Quota: 5 GB exceeded (HTTP 413)', 'Quota: 5 GB exceeded (HTTP 413)'],
    ['There is no upload $1 %s \\', 'Es gibt keinen Upload $1 %s \\'],
    ['The server has eaten it', 'The server has eaten it'], ['', ''], [undefined, ''],
  ];

  for (const [english, said] of cases)
    assert.equal(sentences.translate(english), said);
  for (const part of [': ', 'The sign-in server: ', '] ', 'Cannot read a: '])
    assert.ok(sentences.translate(part.repeat(2048 / part.length)).length > 100);
  assert.equal(new Sentences().translate('The keyring is locked'), 'The keyring is locked');
});
