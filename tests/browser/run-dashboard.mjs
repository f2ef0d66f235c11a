// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The dashboard in Chromium, and whether Firefox has it too, with a broker and a server of their own. Prints TAP.
import assert from 'node:assert/strict';
import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import {startChromium, startFirefox} from './browsers.mjs';
import {dashboardCases, openDashboard, waitForText} from './dashboard.mjs';
import {endCases, skipCase, tryCase} from './tap.mjs';
import {World} from './world.mjs';

// A film takes a while, so that something can be seen of its way.
function slowDown(world) {
  mkdirSync(path.join(world.folder, 'outbox'));
  writeFileSync(path.join(world.folder, 'outbox', 'outbox.conf'), '[Rule slow]\nmatch-type=video/*\nrate=1000k\n');
}

async function tryFirefox(world) {
  const browser = await startFirefox(world.folder);

  if (!browser) {
    skipCase('dashboard/firefox', 'Firefox is not installed; tests/setup/install.sh test brings it');
    return;
  }
  await tryCase('dashboard/firefox-follows-it', async () => {
    const page = await openDashboard(world, browser);

    await waitForText(page, 'Nothing to upload.');
    await world.outbox('add', world.makeFile('fox.jpg', 1000).file);
    await waitForText(page, 'The one upload has arrived.');
    await world.outbox('remove', '--done');
    await waitForText(page, 'Nothing to upload.');
    assert.deepEqual(page.troubles, []);
  });
  await browser.end();
}

async function tryChromium(world) {
  const browser = await startChromium(world.folder);

  if (!browser) {
    skipCase('dashboard', 'Chromium is not installed; tests/setup/install.sh test brings it');
    return;
  }
  const context = {browser, page: await openDashboard(world, browser)};

  for (const [name, work] of Object.entries(dashboardCases))
    await tryCase(`dashboard/${name}`, () => work(world, context));
  await browser.end();
}

const world = await World.make();

slowDown(world);
await world.startBroker();
await world.startServer();
await tryFirefox(world).then(() => tryChromium(world)).finally(() => world.end());
process.exit(endCases() > 0 ? 1 : 0);
