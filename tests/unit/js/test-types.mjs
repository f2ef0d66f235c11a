// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// outbox.d.ts against what it tells of: the library, the broker's documents and errors, and a page that uses it.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {cpSync, existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {test} from 'node:test';

import {Outbox} from '../../../client/js/outbox.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const LIBRARY = path.join(ROOT, 'client/js');
const COMPILER = path.join(process.env.OUTBOX_TOOLS ?? path.join(ROOT, 'build/tools'), 'types/node_modules/typescript/bin/tsc');

const read = file => readFileSync(path.join(ROOT, file), 'utf8');
const types = read('client/js/outbox.d.ts');

// Returns: what stands between the braces of a declaration, without its comments.
function bodyOf(declaration) {
  const [, body] = new RegExp(`${declaration} \\{\\n([^]*?)\\n\\}`).exec(types);

  return body.replace(/\/\*\*[^]*?\*\//g, '');
}

test('/js/types/have-every-method', () => {
  const told = [...bodyOf('export class Outbox').matchAll(/^ {2}(\w+)\(/gm)].map(([, name]) => name);

  assert.deepEqual(told.sort(), Object.getOwnPropertyNames(Outbox.prototype).sort());
});

test('/js/types/have-every-error-of-the-broker-and-of-the-library', () => {
  const [, union] = /type ErrorCode =([^;]*);/.exec(types);
  const told = [...union.matchAll(/'(\w+)'/g)].map(([, name]) => name);
  const ofBroker = [...read('dbus/error.c').matchAll(/^ {2}\[OUTBOX_ERROR_\w+\] = \{ "(\w+)"/gm)].map(([, name]) => name);
  const ofLibrary = [...read('client/js/errors.js').matchAll(/^\/\/ {3}(\w+(?:, \w+)*) {2,}/gm)].flatMap(([, names]) => names.split(', '));

  assert.ok(ofBroker.length > 10 && ofLibrary.length > 8);
  assert.deepEqual([...new Set(told)].sort(), [...new Set([...ofBroker, ...ofLibrary])].sort());
});

test('/js/types/have-the-members-of-an-upload', () => {
  const {properties, required} = JSON.parse(read('data/openapi.json')).components.schemas.Upload;
  const told = [...bodyOf('export interface Upload').matchAll(/^ {2}(\w+)(\??): /gm)].map(([, name, mark]) => [name, mark === '']);

  assert.deepEqual(told.map(([name]) => name).filter(name => !(name in properties)), []);
  assert.deepEqual(told.filter(([, isRequired]) => isRequired).map(([name]) => name).sort(), required.toSorted());
});

test('/js/types/let-a-strict-page-compile', {skip: !existsSync(COMPILER) && 'tests/setup/install.sh test brings the compiler'}, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'outbox-types-'));

  try {
    cpSync(LIBRARY, path.join(folder, 'node_modules/outbox'), {recursive: true});
    cpSync(path.join(import.meta.dirname, 'use.ts'), path.join(folder, 'use.ts'));
    execFileSync(process.execPath, [COMPILER, '--noEmit', '--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess',
      '--noPropertyAccessFromIndexSignature', '--skipLibCheck', 'false', '--target', 'es2022', '--lib', 'es2022,dom,dom.iterable',
      '--module', 'esnext', '--moduleResolution', 'bundler', 'use.ts'], {cwd: folder, encoding: 'utf8'});
  } catch (error) {
    assert.fail(error.stdout || error.message);
  } finally {
    rmSync(folder, {recursive: true});
  }
});
