// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Chromium and Firefox, by puppeteer. A browser is started once for all of its cases, and a page is driven by:
// evaluate(function, …arguments), click(selector), setFile(selector, file), close().
import {existsSync} from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import {pathToFileURL} from 'node:url';

const START_MS = 120000; // beside tests that keep the processors busy

const packages = createRequire(`${process.env.TOOLS}/browsers/`);

export function findProgram(...names) {
  return names.flatMap(name => (process.env.PATH ?? '').split(':').map(folder => path.join(folder, name))).find(existsSync);
}

async function loadPuppeteer() {
  try {
    return (await import(pathToFileURL(packages.resolve('puppeteer-core')).href)).default;
  } catch {
    return null;
  }
}

class PuppeteerPage {
  constructor(page) {
    this.page = page;
  }

  evaluate(use, ...args) {
    return this.page.evaluate(use, ...args);
  }

  click(selector) {
    return this.page.click(selector);
  }

  async setFile(selector, file) {
    const input = await this.page.$(selector);

    await input.uploadFile(file);
  }

  close() {
    return this.page.close();
  }
}

class PuppeteerBrowser {
  constructor(browser) {
    this.browser = browser;
  }

  async open(url) {
    const page = await this.browser.newPage();

    page.setDefaultTimeout(START_MS);
    await page.goto(url);
    return new PuppeteerPage(page);
  }

  end() {
    return this.browser.close();
  }
}

// args: more of them. Returns: null where it is not installed.
export async function startChromium(folder, args = []) {
  const puppeteer = await loadPuppeteer();
  const executablePath = findProgram('chromium', 'chromium-browser');

  if (!puppeteer || !executablePath)
    return null;
  return new PuppeteerBrowser(await puppeteer.launch({
    executablePath, headless: true, timeout: START_MS, userDataDir: path.join(folder, 'chromium'), dumpio: process.env.DUMPIO === '1',
    args: ['--no-sandbox', '--disable-gpu', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', ...args],
  }));
}

export async function startFirefox(folder) {
  const puppeteer = await loadPuppeteer();
  const executablePath = findProgram('firefox-esr', 'firefox');

  if (!puppeteer || !executablePath)
    return null;
  return new PuppeteerBrowser(await puppeteer.launch({
    browser: 'firefox', executablePath, headless: true, timeout: START_MS, dumpio: process.env.DUMPIO === '1',
    env: {...process.env, HOME: folder, XDG_CACHE_HOME: path.join(folder, 'cache')},
    extraPrefsFirefox: {'media.navigator.streams.fake': true, 'media.navigator.permission.disabled': true},
  }));
}
