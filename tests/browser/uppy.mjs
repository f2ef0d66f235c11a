// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Uppy as it is on npm, by the lines that docs/pages.md has of it, which this runs as they stand. UPPY_MIB: how large the file is.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {pathToFileURL} from 'node:url';

import {arrives, MIB} from './steps.mjs';
import {Skip, until} from './tap.mjs';
import {added} from './world.mjs';

const SIZE_MIB = Number(process.env.UPPY_MIB ?? 40);
const CHUNK_MIB = 8;

const PAGE = `<!DOCTYPE html>
<meta charset="utf-8">
<title>Uppy</title>
<script type="importmap">{"imports": {"@uppy/core": "/vendor/core.js", "@uppy/tus": "/vendor/tus.js"}}</script>
<script src="/uppy-probe.js"></script>
<input type="file" id="files">
<script type="module" src="/uppy-page.js"></script>`;

// Notes what each request sends, and holds pieces from an offset on (?hold=BYTES), before they are sent.
const PROBE = `
const holdFrom = Number(new URLSearchParams(location.search).get('hold') ?? Infinity);
const {open, setRequestHeader, send} = XMLHttpRequest.prototype;
const released = new Promise(resolve => window.releaseHeld = resolve);

window.probe = {sent: [], created: 0, isHeld: false, isReady: false, done: []};
Object.assign(XMLHttpRequest.prototype, {
  open(method, ...rest) {
    this.noted = {method};
    // Before the client's own, which ends the request.
    this.addEventListener('load', () => {
      if (method === 'PATCH' && this.status === 204)
        window.probe.sent.push([this.noted.offset, this.noted.size]);
      if (method === 'POST' && this.status === 201)
        window.probe.created++;
    });
    return open.call(this, method, ...rest);
  },
  setRequestHeader(name, value) {
    if (name === 'Upload-Offset')
      this.noted.offset = Number(value);
    return setRequestHeader.call(this, name, value);
  },
  async send(body) {
    const {method, offset} = this.noted;

    if (method === 'PATCH' && offset >= holdFrom) {
      window.probe.isHeld = true;
      await released;
    }
    this.noted.size = body?.size;
    return send.call(this, body);
  },
});`;

async function bundle(packages, name) {
  const {build} = await import(pathToFileURL(packages.resolve('esbuild')).href);
  const {outputFiles: [file]} = await build({entryPoints: [packages.resolve(name)], bundle: true, format: 'esm', platform: 'browser',
    write: false, logLevel: 'error'});

  return file.text;
}

// The lines of the page, in the folders of this site.
function readLines() {
  const page = readFileSync(new URL('../../docs/pages.md', import.meta.url), 'utf8');
  const lines = page.match(/```js\n([^`]*@uppy\/tus[^`]*(?:`[^`]*`[^`]*)*?)```/)[1];

  return `const fileInput = document.querySelector('#files');
${lines.replace('./outbox/outbox.js', '/outbox.js')}
uppy.on('upload-success', file => probe.done.push(file.name));
probe.isReady = true;`;
}

async function prepare() {
  const packages = createRequire(`${process.env.TOOLS}/clients/package.json`);

  added.set('/uppy.html', PAGE);
  added.set('/uppy-probe.js', PROBE);
  added.set('/uppy-page.js', readLines());
  added.set('/vendor/core.js', await bundle(packages, '@uppy/core'));
  added.set('/vendor/tus.js', await bundle(packages, '@uppy/tus'));
}

async function openPage(browser, query = '') {
  const page = await browser.open(`${browser.site.origin}/uppy.html${query}`);

  await until('page with Uppy', () => page.evaluate(() => probe.isReady));
  return page;
}

const pieces = (from, to) => Array.from({length: (to - from) / CHUNK_MIB}, (_, i) => [(from + i * CHUNK_MIB) * MIB, CHUNK_MIB * MIB]);

// The page is loaded again at two fifths, when the broker has come to another port, and the broker dies at four fifths, while a piece is
// about to be sent.
export async function uppyGoesOn(world, browser) {
  const [reload, death] = [2, 4].map(n => Math.floor(SIZE_MIB / CHUNK_MIB * n / 5) * CHUNK_MIB);
  const name = 'uppy.mp4';

  await prepare().catch(error => {
    throw error.code === 'MODULE_NOT_FOUND' ? new Skip('it is not installed; tests/setup/install.sh test brings it') : error;
  });
  const {file, sha256} = world.makeFile(name, SIZE_MIB * MIB);
  const first = await openPage(browser, `?hold=${reload * MIB}`);

  await first.setFile('#files', file);
  await until('held piece', () => first.evaluate(() => probe.isHeld));
  assert.deepEqual(await first.evaluate(() => [probe.created, probe.sent]), [1, pieces(0, reload)]);
  await first.close();
  await world.killBroker();
  const taken = await world.takePort();
  await world.startBroker();

  const again = await openPage(browser, `?hold=${death * MIB}`);

  await again.setFile('#files', file);
  await until('held piece after the reload', () => again.evaluate(() => probe.isHeld));
  await world.killBroker();
  await again.evaluate(() => releaseHeld());
  await world.startBroker();
  await until('word of the whole', () => again.evaluate(() => probe.done.length > 0));
  assert.deepEqual(await again.evaluate(() => [probe.created, probe.sent]), [0, pieces(reload, SIZE_MIB)]);
  await arrives(world, name, sha256);
  assert.equal((await world.list()).filter(upload => upload.name === name).length, 1);
  await again.close();
  taken.close();
}
