// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// client/js and its example page in real browsers, with a real broker and a real tus server. Each browser is started once. Prints
// TAP. Usage: run.mjs [BROWSER…], all where none is named.
import assert from 'node:assert/strict';

import {startFirefox} from './browsers.mjs';
import {chromiumCases, startPublicChromium} from './chromium.mjs';
import {closedHalfWay, connectOnce} from './steps.mjs';
import {endCases, skipCase, tryCase} from './tap.mjs';
import {startWebKit} from './webkit.mjs';
import {World} from './world.mjs';

const ENGINES = {
  chromium: startPublicChromium,
  firefox: world => startFirefox(world.folder),
  webkitgtk: world => startWebKit(world.folder),
};

// Returns: null where it is not installed, or does not start.
async function startEngine(world, name) {
  let browser = null;

  try {
    browser = await ENGINES[name](world);
  } catch (error) {
    await tryCase(`${name}/starts`, () => Promise.reject(error));
    return null;
  }
  if (browser)
    browser.site = await world.startSite();
  else
    skipCase(name, 'it is not installed; tests/setup/install.sh test brings it');
  return browser;
}

// What a person does in any browser.
async function tryEngine(world, name, browser) {
  await tryCase(`${name}/a-site-is-let-in-by-its-code`, () => connectOnce(world, browser));
  await tryCase(`${name}/closed-at-40-percent-goes-on`, () => closedHalfWay(world, browser, `${name}.mp4`));
}

async function tryChromium(world, browser) {
  const inOrder = async cases => {
    for (const [name, work] of Object.entries(cases))
      await tryCase(`chromium/${name}`, () => work(world, browser));
  };

  await Promise.all([inOrder(chromiumCases.own), inOrder(chromiumCases.others)]);
  await inOrder(chromiumCases.last);
}

// The browsers run beside each other: most of the time they wait for the next question of RFC 8628.
async function tryAll(world, names) {
  let chromium = null;

  await Promise.all(names.map(async name => {
    const browser = await startEngine(world, name);

    if (browser)
      await tryEngine(world, name, browser);
    if (name === 'chromium')
      chromium = browser;
    else
      await browser?.end();
  }));
  if (chromium)
    await tryChromium(world, chromium);
  await chromium?.end();
  await tryCase('the-broker-ends-well', async () => assert.equal(await world.stopBroker(), 0));
}

const world = await World.make();

await world.startBroker();
await world.startServer();
const names = process.argv.slice(2);

await tryAll(world, names.length > 0 ? names : Object.keys(ENGINES)).finally(() => world.end());
process.exit(endCases() > 0 ? 1 : 0);
