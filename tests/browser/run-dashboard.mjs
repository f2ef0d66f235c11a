// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The dashboard in Chromium, and whether Firefox and WebKitGTK have it too, with a broker and a server of their own. Prints TAP.
import assert from 'node:assert/strict';
import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import {startChromium, startFirefox} from './browsers.mjs';
import {dashboardCases, openDashboard, printAddress} from './dashboard.mjs';
import {endCases, skipCase, tryCase, until} from './tap.mjs';
import {startWebKit} from './webkit.mjs';
import {World} from './world.mjs';

const MISSING = 'it is not installed; tests/setup/install.sh test brings it';

// A film takes a while, so that something can be seen of its way.
function slowDown(world) {
  mkdirSync(path.join(world.folder, 'outbox'));
  writeFileSync(path.join(world.folder, 'outbox', 'outbox.conf'), '[Rule slow]\nmatch-type=video/*\nrate=1000k\n');
}

// What every engine has: the page opens, and follows the queue. read: the page's text.
async function followsTheQueue(world, read) {
  const says = text => until(`“${text}” on the page`, async () => (await read()).includes(text));

  await says('Nothing to upload.');
  await world.outbox('add', world.makeFile('photo.jpg', 1000).file);
  await says('The one upload has arrived.');
  await world.outbox('remove', '--done');
  await says('Nothing to upload.');
}

async function tryFirefox(world) {
  const browser = await startFirefox(world.folder);

  if (!browser) {
    skipCase('dashboard/firefox-follows-it', MISSING);
    return;
  }
  await tryCase('dashboard/firefox-follows-it', async () => {
    const page = await openDashboard(world, browser);

    await followsTheQueue(world, () => page.evaluate(() => document.body.innerText));
    assert.deepEqual(page.troubles, []);
  });
  await browser.end();
}

// The page's policy lets nothing make code of text, as WebKitPage.evaluate() would: so WebDriver is asked itself.
async function tryWebKit(world) {
  const browser = await startWebKit(world.folder);

  if (!browser) {
    skipCase('dashboard/webkitgtk-follows-it', MISSING);
    return;
  }
  await tryCase('dashboard/webkitgtk-follows-it', async () => {
    await browser.open(await printAddress(world));
    await followsTheQueue(world, () => browser.command('POST', '/execute/sync', {script: 'return document.body.innerText', args: []}));
  });
  await browser.end();
}

async function tryChromium(world) {
  const browser = await startChromium(world.folder);

  if (!browser) {
    skipCase('dashboard/chromium', MISSING);
    return;
  }
  const context = {browser, page: await openDashboard(world, browser)};

  for (const [name, work] of Object.entries(dashboardCases))
    await tryCase(`dashboard/${name}`, () => work(world, context));
  await browser.end();
}

const TRIES = {firefox: tryFirefox, webkitgtk: tryWebKit, chromium: tryChromium};
const names = process.argv.slice(2);
const world = await World.make();

slowDown(world);
await world.startBroker();
await world.startServer();
try {
  for (const name of names.length > 0 ? names : Object.keys(TRIES))
    await TRIES[name](world);
} finally {
  world.end();
}
process.exit(endCases() > 0 ? 1 : 0);
