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

import {until} from './tap.mjs';

const HOSTILE = '<img src=x onerror=alert(1)>\u202egpj.exe';
const {SCREENSHOTS} = process.env;

// --- A page ---

// Waits until the page's text has it, or has it no more. Looks whenever the page changes: a page behind others draws no frames, by
// which puppeteer would look otherwise.
function waitForText(page, text, isThere = true) {
  return page.waitForFunction((wanted, there) => document.body.innerText.includes(wanted) === there, {polling: 'mutation'}, text, isThere);
}

const selectButton = name => `::-p-aria([name="${name}"][role="button"])`;

function findButton(page, name) {
  return page.waitForSelector(selectButton(name));
}

// Shows a part of the page. Its button may have a number.
async function show(page, name) {
  await page.evaluate(wanted => [...document.querySelectorAll('nav button')].find(({innerText}) => innerText.startsWith(wanted)).click(), name);
}

// What is above it may just grow, and another of that name may take its place: a locator looks for it again, and clicks where it has come to
// rest.
const click = (page, name) => page.locator(selectButton(name)).click();

// What the browser itself logs of a request that is refused, as it is to be.
const isRefusal = message => /the server responded with a status of 40[0-9]/.test(message);

// A page that remembers whatever goes wrong in it: nothing may.
async function openPage(browser, languages = ['en']) {
  const page = await browser.browser.newPage();

  page.troubles = [];
  page.on('pageerror', error => page.troubles.push(String(error)));
  page.on('console', message => message.type() === 'error' && !isRefusal(message.text()) && page.troubles.push(message.text()));
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

// Returns: what the broker answers to whoever has the session's token, from outside of a browser.
function askWith(page, token) {
  const {host, port} = new URL(page.url());

  return new Promise((resolve, reject) => http.get({
    host: '127.0.0.1', port, path: '/v1/summary',
    headers: {Host: host, Authorization: `Bearer ${token}`, 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty'},
  }, answer => resolve(answer.resume().statusCode)).on('error', reject));
}

const isEnded = (page, why) => Promise.all([waitForText(page, 'outbox dashboard'), waitForText(page, why)]);

// The token is nowhere but in the page's memory, and neither is the ticket: a page that is loaded again says what to do.
async function keepsItsSessionInMemory(world, {browser}) {
  const page = await openPage(browser);
  let token = '';

  page.on('request', request => token ||= request.headers().authorization?.replace('Bearer ', '') ?? '');
  await page.goto(await printAddress(world));
  await waitForText(page, 'Nothing to upload.');
  await page.keyboard.press('F5');
  await waitForText(page, 'The service was asked again.');
  const kept = await page.evaluate(async () => [location.hash, {...localStorage}, {...sessionStorage}, history.state, document.cookie,
    window.name, await indexedDB.databases(), await caches.keys()]);

  assert.deepEqual(kept, ['', {}, {}, null, '', '', [], []]);
  assert.equal(await askWith(page, token), 200);
  await page.reload();
  await isEnded(page, 'a page that was loaded again has none');
  await until('end of the session', async () => await askWith(page, token) === 401);
  await page.goBack();
  await page.goForward();
  await isEnded(page, 'a page that was loaded again has none');
  assert.deepEqual(page.troubles, []);
  await page.close();
}

async function showsNamesAsText(world, {page}) {
  const {file} = world.makeFile(HOSTILE, 10);

  await world.outbox('pause');
  await world.outbox('add', file);
  await waitForText(page, '<img src=x onerror=alert(1)>\ufffdgpj.exe');
  await waitForText(page, 'Everything is safe on this device.');
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
  await waitForText(page, 'the only copy until the server confirms it');
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

async function asksTheServerAgain(world, {page}) {
  await click(page, 'All');
  await page.waitForFunction(() => document.querySelectorAll('.uploads > li').length >= 3);
  await click(page, 'Ask the server again: photo.jpg');
  await until('answer', async () => (await world.list()).find(({name}) => name === 'photo.jpg').verified?.result === 'confirmed');
  await page.locator('::-p-xpath(//li[.//h3[contains(., "photo.jpg")]]//summary)').click();
  await waitForText(page, 'The server has it · ');
  await click(page, 'Not arrived');
}

async function tellsWhatHolds(world, {page}) {
  await world.outbox('destination', 'set', 'yard', '--url', await startServer(401, {'WWW-Authenticate': 'Bearer'}, 'who are you?'));
  await world.outbox('add', world.makeFile('report.json', 100).file, '--destination', 'yard');
  await waitForText(page, 'Paused · sign in to continue');
  await waitForText(page, 'outbox destination sign-in yard');
}

// The secret leaves by the form, and is nowhere in the page after it.
async function signsIn(world, {page}) {
  await click(page, 'Sign in…: yard');
  await page.select('dialog [name=kind]', 'basic');
  await page.type('dialog [name=name]', 'ana');
  await page.type('dialog [name=secret]', 'open sesame');
  await click(page, 'Sign in');
  await page.waitForSelector('dialog', {hidden: true});
  const {sign_in: shown} = JSON.parse(await world.outbox('destination', 'list', '--json')).find(({name}) => name === 'yard');

  assert.deepEqual(shown, {kind: 'basic'});
  assert.ok(!(await page.evaluate(() => document.documentElement.outerHTML)).includes('sesame'));
}

// A sign-in server whose person decides when the case says so.
async function startSignInServer() {
  const state = {isDecided: false};
  const begun = {device_code: 'pl4nted-device', user_code: 'WDJB-MJHT', verification_uri: 'https://id.example/device', expires_in: 600, interval: 1};
  const tokens = {access_token: 'pl4nted-access', refresh_token: 'pl4nted-refresh', token_type: 'Bearer', expires_in: 600};
  const server = http.createServer((request, response) => {
    const answer = request.url === '/device' ? begun : state.isDecided ? tokens : {error: 'authorization_pending'};

    request.resume();
    response.writeHead(answer.error ? 400 : 200, {'Content-Type': 'application/json'}).end(JSON.stringify(answer));
  }).listen(0, '127.0.0.1');

  await once(server, 'listening');
  return {state, url: `http://127.0.0.1:${server.address().port}`};
}

// The page and its code stand with the destination until somebody has signed in there.
async function signsInAtAPage(world, {page}) {
  const {state, url} = await startSignInServer();

  await world.outbox('destination', 'set', 'yard', '--oauth', `device-url=${url}/device`, '--oauth', `token-url=${url}/token`, '--oauth', 'client-id=kiosk');
  await waitForText(page, 'oauth2');
  await click(page, 'Sign in…: yard');
  await waitForText(page, 'WDJB-MJHT');
  await waitForText(page, 'https://id.example/device');
  state.isDecided = true;
  await waitForText(page, 'WDJB-MJHT', false);
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
  await show(page, 'Groups');
  await click(page, 'Pause: Bridge at Mühlbach');
  await findButton(page, 'Resume: Bridge at Mühlbach');
  assert.equal(JSON.parse(await world.outbox('group', 'show', 'case/4711', '--json')).paused, true);
  await click(page, 'Show its uploads: Bridge at Mühlbach');
  await page.waitForFunction(() => document.querySelectorAll('.upload').length >= 3 && document.querySelectorAll('.uploads h3').length > 0);
  assert.deepEqual(await page.evaluate(() => [...document.querySelectorAll('div:not([hidden]) > section > .uploads h3')].map(each => each.innerText)),
    ['one.jpg', 'two.jpg', 'three.jpg']);
  await click(page, 'Show all groups');
}

async function changesTheOrder(world, {page}) {
  await page.locator('::-p-xpath(//li[.//h3[contains(., "three.jpg")]]//summary)').click();
  await click(page, 'Send first: three.jpg');
  await page.waitForFunction(name => !document.querySelector(`button[aria-label="${name}"]`), {}, 'Send first: three.jpg');
  assert.equal((await world.list()).find(({name}) => name === 'three.jpg').priority, 1000);
}

async function stopsADestination(world, {page}) {
  await show(page, 'Destinations');
  await click(page, 'Pause: depot');
  await findButton(page, 'Resume: depot');
  assert.ok(JSON.parse(await world.outbox('destination', 'list', '--json')).find(({name}) => name === 'depot').reasons.includes('user'));
  await click(page, 'Resume: depot');
  await findButton(page, 'Pause: depot');
  await click(page, 'Test: depot');
  await waitForText(page, 'An upload to depot would not go through now.');
  await page.waitForFunction(() => document.querySelector('[role=status] .holds')?.innerText.includes('the whole queue is paused'));
}

async function changesDestinations(world, {page}) {
  const read = async name => JSON.parse(await world.outbox('destination', 'list', '--json')).find(each => each.name === name);

  await click(page, 'Add a destination…');
  await page.type('dialog [name=name]', 'spare');
  await page.type('dialog [name=url]', 'ftp://127.0.0.1/');
  await page.keyboard.press('Enter');
  await waitForText(page, 'url: ');
  await page.$eval('dialog [name=url]', input => input.value = '');
  await page.type('dialog [name=url]', 'http://127.0.0.1:9/');
  await page.type('dialog [name=headers]', 'X-Site: <b>1</b>');
  await click(page, 'Save');
  await page.waitForSelector('dialog', {hidden: true});
  await click(page, 'Change…: spare');
  await waitForText(page, 'There are: X-Site.');
  assert.ok(!(await page.$eval('dialog', dialog => dialog.outerHTML)).includes('<b>'));
  await page.type('dialog [name=also]', 'http://127.0.0.1:10/');
  await click(page, 'Save');
  await page.waitForSelector('dialog', {hidden: true});
  const {url, also, headers} = await read('spare');
  assert.deepEqual({url, also, headers}, {url: 'http://127.0.0.1:9/', also: ['http://127.0.0.1:10/'], headers: ['X-Site']});
  await click(page, 'Test: spare');
  await waitForText(page, 'An upload to spare would not go through now.');
  await click(page, 'Remove: spare');
  await waitForText(page, 'Remove the destination spare?');
  await click(page, 'Remove');
  await page.waitForFunction(() => ![...document.querySelectorAll('h3')].some(({innerText}) => innerText === 'spare'));
  assert.equal(await read('spare'), undefined);
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
  await page.waitForSelector('.questions button.strong:not([aria-disabled])');
  await click(page, `Allow: ${origin}`);
  await waitForText(page, code, false);
  await show(page, 'Web apps');
  assert.ok((await ask('/v1/pair/token', {device_code: secret})).token);
  await waitForText(page, 'its own uploads');
  await click(page, 'Revoke');
  await waitForText(page, `Revoke ${origin}?`);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await waitForText(page, 'its own uploads', false);
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
  await show(page, 'Groups');
  await waitForText(page, 'Uploading 3 of 4');
  await show(page, 'Uploads');
  await click(page, 'Not arrived');
  await page.waitForFunction(() => /Uploading · [1-9]/.test(document.body.innerText));
  for (const [name, scheme, width, height] of [['light', 'light', 1000, 960], ['dark', 'dark', 1000, 960], ['phone', 'light', 390, 760]]) {
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

// Another site may neither frame the page nor read it, and what would run there is refused by the page's own policy.
async function staysOutOfFrames(world, {browser, page}) {
  const site = http.createServer((request, response) => response.writeHead(200, {'Content-Type': 'text/html'})
    .end(`<iframe src="${new URL('/', page.url())}"></iframe>`)).listen(0, '127.0.0.1');

  await once(site, 'listening');
  const other = await browser.browser.newPage();
  const refused = new Promise(resolve => other.on('console', message => /frame-ancestors|X-Frame-Options/i.test(message.text()) && resolve()));

  await other.goto(`http://localhost:${site.address().port}/`);
  await refused;
  await other.close();
  site.close();
  const own = await openPage(browser);

  await own.goto(new URL('/', page.url()));
  assert.deepEqual(await own.evaluate(() => [() => document.createElement('p').innerHTML = '<b>x</b>',
    () => document.createElement('iframe').srcdoc = '<b>x</b>', () => document.createElement('script').text = '1'].map(make => {
    try {
      return make();
    } catch (error) {
      return error.name;
    }
  })), ['TypeError', 'TypeError', 'TypeError']);
  await own.close();
}

async function takesATicketOnce(world, {browser}) {
  const address = await printAddress(world);
  const first = await openPage(browser);

  await first.goto(address);
  await first.waitForSelector('.answer:not(:empty)');
  const second = await openPage(browser);
  await second.goto(address);
  await isEnded(second, 'This address has already been used');
  // Nobody can tell which of the two the person's is.
  await isEnded(first, 'its address was opened a second time');
  await first.close();
  await second.close();
}

async function endsItsSession(world, {browser}) {
  const page = await openDashboard(world, browser);

  await click(page, 'End this session');
  await isEnded(page, 'The session has ended.');
  await page.close();
}

// Another program listens where the broker was, and would be glad of a token: it is asked for a proof alone, and believed in nothing.
async function squats(world, page, port) {
  const asked = [];
  const squatter = http.createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`);
    response.writeHead(503, {'Content-Type': 'application/json'}).end('{"detail":"give me all"}');
  }).listen(port, '127.0.0.1');

  await once(squatter, 'listening');
  await until('a visit', () => asked.length > 0);
  await page.evaluate(() => [...document.querySelectorAll('button')].find(({innerText}) => innerText === 'Pause the queue').click());
  await waitForText(page, 'The service does not answer.');
  squatter.closeAllConnections();
  await new Promise(resolve => squatter.close(resolve));
  assert.ok(asked.every(line => line === 'POST /v1/hello '), asked.join());
}

async function tellsThatTheBrokerIsGone(world, {page}) {
  assert.deepEqual(page.troubles, []);
  const {port} = new URL(page.url());

  await world.killBroker();
  await waitForText(page, 'The service is not there; its files are safe.');
  await squats(world, page, Number(port));
  await waitForText(page, 'The service is not there; its files are safe.');
  // A session ends with the broker.
  await world.startBroker();
  await isEnded(page, 'The service has been restarted');
}

export const dashboardCases = {
  'a-session-is-in-memory-alone': keepsItsSessionInMemory,
  'a-name-is-text': showsNamesAsText,
  'a-picture-is-drawn': drawsAPicture,
  'the-queue-is-resumed': resumesTheQueue,
  'the-keyboard-is-enough': obeysTheKeyboard,
  'progress-is-followed': followsProgress,
  'a-server-is-asked-again': asksTheServerAgain,
  'a-hold-and-what-would-end-it': tellsWhatHolds,
  'a-person-signs-in': signsIn,
  'a-question-before-it-removes': asksBeforeItRemoves,
  'groups-are-told-whole': tellsGroupsWhole,
  'the-order-is-changed': changesTheOrder,
  'a-destination-is-stopped': stopsADestination,
  'a-page-to-sign-in-on': signsInAtAPage,
  'a-destination-is-made-changed-and-removed': changesDestinations,
  'a-web-app-is-let-in-and-revoked': letsAWebAppIn,
  'the-words-are-the-persons': speaksThePersonsLanguage,
  'it-fits-its-window': fitsItsWindow,
  'nobody-frames-it': staysOutOfFrames,
  'a-ticket-is-good-once': takesATicketOnce,
  'a-session-is-ended': endsItsSession,
  'a-broker-that-is-gone-is-told': tellsThatTheBrokerIsGone,
};

export {openDashboard, printAddress};
