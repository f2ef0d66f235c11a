// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// client/examples/hand-over.html at a site that nobody has let in yet: it shows its code, and hands a file over that arrives.
import {readFileSync} from 'node:fs';

import {arrives} from './steps.mjs';
import {until} from './tap.mjs';
import {added} from './world.mjs';

const reads = (page, part) => until(`“${part}” on the page`, () => page.evaluate(text => document.body.innerText.includes(text), part));

export async function shortPage(world, browser) {
  const text = readFileSync(new URL('../../client/examples/hand-over.html', import.meta.url), 'utf8');
  const {file, sha256} = world.makeFile('short-page.jpg', 300000);

  added.set('/hand-over.html', text.replace('./outbox/outbox.js', '/outbox.js'));
  const page = await browser.open(`${(await world.startSite()).origin}/hand-over.html`);

  await page.click('#connect');
  const [code] = await until('code', () => page.evaluate(() => /[A-Z0-9]+-[A-Z0-9]+/.exec(document.querySelector('#code').textContent)));
  await world.outbox('app', 'approve', code);
  await until('list of nothing', () => page.evaluate(() => document.querySelector('#connect').hidden));
  await page.setFile('#files', file);
  await arrives(world, 'short-page.jpg', sha256);
  await reads(page, 'short-page.jpg: done');
  await page.close();
}
