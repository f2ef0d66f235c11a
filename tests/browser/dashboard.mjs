// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The dashboard in a real browser, with a real broker: what it shows, what its buttons do, and who may open it. The cases build on
// each other, as a day does.
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const HOSTILE = '<img src=x onerror=alert(1)>\u202egpj.exe';
const {SCREENSHOTS} = process.env;

// --- A page ---

// Waits until the page's text has it, or has it no more. Looks whenever the page changes: a page behind others draws no frames, by
// which puppeteer would look otherwise.
function waitForText(page, text, isThere = true) {
  return page.waitForFunction((wanted, there) => document.body.innerText.includes(wanted) === there, {polling: 'mutation'}, text, isThere);
}

function findButton(page, name) {
  return page.waitForSelector(`::-p-aria([name="${name}"][role="button"])`);
}

async function click(page, name) {
  const button = await findButton(page, name);

  await button.click();
}

// A page that remembers whatever goes wrong in it: nothing may.
async function openPage(browser, languages = ['en']) {
  const page = await browser.browser.newPage();

  page.troubles = [];
  page.on('pageerror', error => page.troubles.push(String(error)));
  page.on('console', message => message.type() === 'error' && page.troubles.push(message.text()));
  await page.evaluateOnNewDocument(wanted => {
    Object.defineProperty(navigator, 'languages', {get: () => wanted});
    addEventListener('securitypolicyviolation', event => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
  }, languages);
  return page;
}

async function printAddress(world) {
  return (await world.outbox('dashboard', '--print')).trim();
}

async function openDashboard(world, browser, languages) {
  const page = await openPage(browser, languages);

  await page.goto(await printAddress(world));
  await page.waitForSelector('.answer:not(:empty)');
  return page;
}

// A server whose answers are not what an uploader hopes for. Returns: its address, and what closes it.
async function startServer(status, headers, body) {
  const server = http.createServer((request, response) => {
    request.resume();
    response.writeHead(status, {'Tus-Resumable': '1.0.0', ...headers}).end(body);
  }).listen(0, '127.0.0.1');

  await once(server, 'listening');
  return `http://127.0.0.1:${server.address().port}/files/`;
}

// --- Cases ---

async function keepsItsSession(world, {page}) {
  assert.equal(await page.evaluate(() => location.hash), '');
  await waitForText(page, 'Nothing to upload.');
  await page.reload();
  await waitForText(page, 'Nothing to upload.');
}

async function showsNamesAsText(world, {page}) {
  const {file} = world.makeFile(HOSTILE, 10);

  await world.outbox('pause');
  await world.outbox('add', file);
  await waitForText(page, '<img src=x onerror=alert(1)>\ufffdgpj.exe');
  await waitForText(page, 'All of it is safe on this device.');
  assert.equal(await page.evaluate(() => document.querySelectorAll('main img').length), 0);
}

// The smallest PNG, of one pixel.
const PICTURE = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

async function drawsAPicture(world, {page}) {
  const file = path.join(world.folder, 'pixel.png');

  writeFileSync(file, PICTURE);
  await world.outbox('add', file);
  const details = await page.waitForSelector('::-p-xpath(//li[.//h3[contains(., "pixel.png")]]//summary)');

  await details.click();
  await page.waitForFunction(() => document.querySelector('img.preview')?.naturalWidth === 1);
  await waitForText(page, 'a safe copy');
  await details.click();
  await world.outbox('remove', '--force', (await world.list()).at(-1).id);
  await waitForText(page, 'pixel.png', false);
}

async function resumesTheQueue(world, {page}) {
  await click(page, 'Resume the queue');
  await waitForText(page, 'The one upload has arrived.');
  assert.equal((await world.list())[0].state, 'done');
}

async function obeysTheKeyboard(world, {page}) {
  const {file} = world.makeFile('photo.jpg', 1000);

  await world.outbox('pause');
  await world.outbox('add', file);
  await (await findButton(page, 'Pause: photo.jpg')).focus();
  await page.keyboard.press('Enter');
  await findButton(page, 'Resume: photo.jpg');
  assert.ok((await world.list()).at(-1).reasons.includes('user'));
  await click(page, 'Resume: photo.jpg');
  await findButton(page, 'Pause: photo.jpg');
  await world.outbox('resume');
  await waitForText(page, 'All 2 uploads have arrived.');
}

async function followsProgress(world, {page}) {
  const {file} = world.makeFile('film.mp4', 3_000_000);

  await world.outbox('destination', 'pause', 'depot');
  await world.outbox('add', file);
  const bar = await page.waitForSelector('::-p-aria([name="film.mp4"][role="progressbar"])');

  await bar.evaluate(element => {
    window.seen = [];
    new MutationObserver(() => window.seen.push(Number(element.getAttribute('aria-valuenow')))).observe(element, {attributes: true});
  });
  await world.outbox('destination', 'resume', 'depot');
  await waitForText(page, 'All 3 uploads have arrived.');
  const seen = await page.evaluate(() => window.seen);

  assert.ok(seen.some(percent => percent > 0));
  assert.deepEqual(seen, seen.toSorted((a, b) => a - b));
}

async function tellsWhatHolds(world, {page}) {
  await world.outbox('destination', 'set', 'yard', '--url', await startServer(401, {'WWW-Authenticate': 'Bearer'}, 'who are you?'));
  await world.outbox('add', world.makeFile('report.json', 100).file, '--destination', 'yard');
  await waitForText(page, 'Paused · sign in to continue');
  await waitForText(page, 'outbox destination set yard --header NAME=VALUE');
}

async function asksBeforeItRemoves(world, {page}) {
  await world.outbox('destination', 'set', 'strict', '--url', await startServer(422, {}, 'the form <b>lacks</b> a name'));
  await world.outbox('add', world.makeFile('refused.jpg', 100).file, '--destination', 'strict');
  await waitForText(page, 'Failed · the server refused it');
  await waitForText(page, 'the form <b>lacks</b> a name');
  await click(page, 'Remove: refused.jpg');
  await waitForText(page, 'refused.jpg has not arrived yet.');
  await page.keyboard.press('Escape');
  await page.waitForSelector('dialog', {hidden: true});
  assert.equal((await world.list()).at(-1).name, 'refused.jpg');
  await click(page, 'Remove: refused.jpg');
  await click(page, 'Remove');
  await waitForText(page, 'refused.jpg', false);
  assert.ok((await world.list()).every(({name}) => name !== 'refused.jpg'));
}

async function tellsGroupsWhole(world, {page}) {
  const files = ['one.jpg', 'two.jpg', 'three.jpg'].map(name => world.makeFile(name, 2000).file);

  await world.outbox('pause');
  await world.outbox('add', ...files, '--group', 'case/4711', '--title', 'Bridge at Mühlbach');
  await click(page, 'Pause: Bridge at Mühlbach');
  await findButton(page, 'Resume: Bridge at Mühlbach');
  assert.equal(JSON.parse(await world.outbox('group', 'show', 'case/4711', '--json')).paused, true);
}

async function changesTheOrder(world, {page}) {
  await click(page, 'Send first: three.jpg');
  await page.waitForFunction(name => !document.querySelector(`button[aria-label="${name}"]`), {}, 'Send first: three.jpg');
  assert.equal((await world.list()).find(({name}) => name === 'three.jpg').priority, 1000);
}

async function stopsADestination(world, {page}) {
  await click(page, 'Pause: depot');
  await findButton(page, 'Resume: depot');
  assert.ok(JSON.parse(await world.outbox('destination', 'list', '--json')).find(({name}) => name === 'depot').reasons.includes('user'));
  await click(page, 'Resume: depot');
  await findButton(page, 'Pause: depot');
}

async function letsAWebAppIn(world, {page}) {
  const {url} = JSON.parse(readFileSync(path.join(world.folder, 'run', 'outbox', 'rest.json')));
  const origin = 'https://xn--pple-43d.example';
  const ask = async (route, body) => (await fetch(`${url}${route}`, {
    method: 'POST', headers: {Origin: origin, 'Content-Type': 'application/json'}, body: JSON.stringify(body)})).json();
  const {user_code: code, device_code: secret} = await ask('/v1/pair', {manage: false});

  await waitForText(page, code);
  await waitForText(page, origin);
  await waitForText(page, 'Its name has letters that can look like others.');
  await click(page, 'Let it in');
  await waitForText(page, code, false);
  assert.ok((await ask('/v1/pair/token', {device_code: secret})).token);
  await waitForText(page, 'Web apps that may hand files over');
  await click(page, 'Revoke');
  await waitForText(page, `Revoke ${origin}?`);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await waitForText(page, 'Web apps that may hand files over', false);
  assert.deepEqual(JSON.parse(await world.outbox('app', 'list', '--json')), []);
}

async function speaksThePersonsLanguage(world, {browser}) {
  const page = await openDashboard(world, browser, ['de-AT', 'en']);

  await waitForText(page, 'Angehalten · ');
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'de');
  assert.deepEqual(page.troubles, []);
  await page.close();
}

// With SCREENSHOTS, a folder, the pictures of the manual are made.
async function fitsItsWindow(world, {page}) {
  const {file} = world.makeFile('underside.mp4', 30_000_000);

  await world.outbox('add', file, '--group', 'case/4711');
  await world.outbox('group', 'resume', 'case/4711');
  await world.outbox('resume');
  await waitForText(page, 'Uploading 3 of 4');
  await page.waitForFunction(() => /Uploading · [1-9]/.test(document.body.innerText));
  for (const [name, scheme, width, height] of [['light', 'light', 1000, 760], ['dark', 'dark', 1000, 760], ['phone', 'light', 390, 760]]) {
    await page.setViewport({width, height});
    await page.emulateMediaFeatures([{name: 'prefers-color-scheme', value: scheme}]);
    assert.ok(await page.evaluate(() => {
      scrollTo(0, 0);
      return document.documentElement.scrollWidth <= innerWidth;
    }), name);
    if (SCREENSHOTS) {
      mkdirSync(SCREENSHOTS, {recursive: true});
      await page.screenshot({path: path.join(SCREENSHOTS, `dashboard-${name}.png`)});
    }
  }
}

async function takesATicketOnce(world, {browser}) {
  const address = await printAddress(world);
  const first = await openPage(browser);

  await first.goto(address);
  await first.waitForSelector('.answer:not(:empty)');
  const second = await openPage(browser);
  await second.goto(address);
  await waitForText(second, 'This window has no session');
  // Nobody can tell which of the two the person's is.
  await first.reload();
  await waitForText(first, 'This window has no session');
  await first.close();
  await second.close();
}

async function endsItsSession(world, {browser}) {
  const page = await openDashboard(world, browser);

  await click(page, 'End this session');
  await waitForText(page, 'This window has no session');
  await page.reload();
  await waitForText(page, 'This window has no session');
  await page.close();
}

async function tellsThatTheBrokerIsGone(world, {page}) {
  assert.deepEqual(page.troubles, []);
  await world.killBroker();
  await waitForText(page, 'The broker is gone; what it had is safe.');
  // A session ends with the broker.
  await world.startBroker();
  await waitForText(page, 'This window has no session');
}

export const dashboardCases = {
  'a-reload-keeps-the-session': keepsItsSession,
  'a-name-is-text': showsNamesAsText,
  'a-picture-is-drawn': drawsAPicture,
  'the-queue-is-resumed': resumesTheQueue,
  'the-keyboard-is-enough': obeysTheKeyboard,
  'progress-is-followed': followsProgress,
  'a-hold-and-what-would-end-it': tellsWhatHolds,
  'a-question-before-it-removes': asksBeforeItRemoves,
  'groups-are-told-whole': tellsGroupsWhole,
  'the-order-is-changed': changesTheOrder,
  'a-destination-is-stopped': stopsADestination,
  'a-web-app-is-let-in-and-revoked': letsAWebAppIn,
  'the-words-are-the-persons': speaksThePersonsLanguage,
  'it-fits-its-window': fitsItsWindow,
  'a-ticket-is-good-once': takesATicketOnce,
  'a-session-is-ended': endsItsSession,
  'a-broker-that-is-gone-is-told': tellsThatTheBrokerIsGone,
};

export {openDashboard, printAddress};
