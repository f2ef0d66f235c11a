// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What several cases do, with the example page in any browser.
import assert from 'node:assert/strict';

import {until} from './tap.mjs';

export const MIB = 1024 * 1024;
export const toBytes = mib => mib.map(n => n * MIB);

export function isReady(page) {
  return until('broker for the page', () => page.evaluate(() => document.body.dataset.broker === 'ready'));
}

// The page asks, and the person approves the code that it shows.
export async function connect(world, page) {
  await until('button', () => page.evaluate(() => document.body.dataset.broker === 'unpaired'));
  await page.evaluate(() => delete document.body.dataset.code);
  await page.click('#pair');
  const code = await until('code', () => page.evaluate(() => document.body.dataset.code ?? null));

  assert.match(await world.outbox('app', 'list'), new RegExp(code));
  await world.outbox('app', 'approve', code);
  await isReady(page);
}

// Waits until the page says that of the file.
export function reads(page, name, state) {
  return until(`“${state}” of ${name} on the page`, () => page.evaluate((wantedName, wantedState) =>
    [...document.querySelectorAll('#list li')].some(row => row.dataset.state === wantedState
      && row.querySelector('strong').textContent === wantedName), name, state));
}

// A page that is closed before the browser has all of what was added last cannot go on without the file.
export function isKept(page) {
  return until('copy in the browser', () => page.evaluate(() => document.querySelector('#list li').dataset.kept === 'true'));
}

// Waits until the server has the whole file, once, with these bytes.
export async function arrives(world, name, sha256) {
  const [file, ...others] = await until(`${name} at the server`, () => {
    const files = world.stored(name);

    return files.length > 0 && files;
  });

  assert.equal(others.length, 0);
  assert.equal(file.sha256, sha256);
}

// browser.site is where it opens the page.
export async function connectOnce(world, browser) {
  const page = await browser.open(browser.site.page);

  await connect(world, page);
  await page.close();
}

// A file of five pieces: the page is closed when two are at the broker, and opened again.
export async function closedHalfWay(world, browser, name) {
  const {file, sha256} = world.makeFile(name, 40 * MIB);
  const first = await browser.open(`${browser.site.page}?hold=${16 * MIB}`);
  const listed = async () => (await world.list()).filter(upload => upload.name === name);

  await isReady(first);
  await first.setFile('#files', file);
  await until('held piece', () => first.evaluate(() => probe.isHeld));
  await isKept(first);
  await first.close();
  assert.deepEqual((await listed()).map(({state}) => state), ['saving']);

  const again = await browser.open(browser.site.page);
  await arrives(world, name, sha256);
  // Nothing that was confirmed is sent again, and there is one upload.
  assert.deepEqual(await again.evaluate(() => probe.sent), [[16, 8], [24, 8], [32, 8]].map(toBytes));
  assert.equal((await listed()).length, 1);
  await reads(again, name, 'done');
  await again.close();
}
