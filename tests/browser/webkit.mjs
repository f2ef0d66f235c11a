// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// WebKitGTK's own small browser, by WebDriver (W3C), on a display that nobody sees.
import {once} from 'node:events';
import {existsSync, mkdirSync, readdirSync} from 'node:fs';
import path from 'node:path';

import {findProgram} from './browsers.mjs';
import {until} from './tap.mjs';
import {start} from './world.mjs';

const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'; // WebDriver, section 12

const RUN = `
  const done = arguments[arguments.length - 1];
  const [use, args] = arguments;
  Promise.resolve().then(() => eval('(' + use + ')')(...args)).then(value => done({value}), error => done({error: String(error)}));`;

class WebKitPage {
  #browser;
  #window;

  constructor(browser, window) {
    this.#browser = browser;
    this.#window = window;
  }

  async #command(method, name, document) {
    await this.#browser.command('POST', '/window', {handle: this.#window});
    return this.#browser.command(method, name, document);
  }

  async #find(selector) {
    const element = await this.#command('POST', '/element', {using: 'css selector', value: selector});

    return element[ELEMENT];
  }

  go(url) {
    return this.#command('POST', '/url', {url});
  }

  async evaluate(use, ...args) {
    const {value, error} = await this.#command('POST', '/execute/async', {script: RUN, args: [String(use), args]});

    if (error)
      throw new Error(error);
    return value;
  }

  async click(selector) {
    await this.#command('POST', `/element/${await this.#find(selector)}/click`, {});
  }

  async setFile(selector, file) {
    await this.#command('POST', `/element/${await this.#find(selector)}/value`, {text: file});
  }

  async close() {
    await this.#command('DELETE', '/window');
  }
}

class WebKitBrowser {
  #url;
  #processes;
  #first = null; // the session's own window

  constructor(url, processes) {
    this.#url = url;
    this.#processes = processes;
  }

  async command(method, name, document) {
    const response = await fetch(this.#url + name, {method, body: method === 'POST' ? JSON.stringify(document) : undefined});
    const {value} = await response.json();

    if (!response.ok)
      throw new Error(`${method} ${name}: ${value.error}: ${value.message}`);
    return value;
  }

  // The session has a window of its own, which stays: it ends with the last.
  async open(url) {
    this.#first ??= await this.command('GET', '/window');
    await this.command('POST', '/window', {handle: this.#first});
    const {handle} = await this.command('POST', '/window/new', {type: 'tab'});
    const page = new WebKitPage(this, handle);

    await page.go(url);
    return page;
  }

  async end() {
    await this.command('DELETE', '').catch(() => {});
    for (const {process: child} of this.#processes) {
      child.kill('SIGTERM'); // the display takes its socket with it
      if (child.exitCode === null && child.signalCode === null)
        await once(child, 'exit');
    }
  }
}

// Returns: null where it is not installed.
export async function startWebKit(folder) {
  const driver = findProgram('WebKitWebDriver');
  const display = findProgram('Xvfb');
  const browser = readdirSync('/usr/lib').map(name => `/usr/lib/${name}/webkit2gtk-4.1/MiniBrowser`).find(existsSync);

  if (!driver || !display || !browser)
    return null;
  const home = path.join(folder, 'webkit');
  mkdirSync(home);
  const env = {HOME: home, XDG_CACHE_HOME: home, XDG_DATA_HOME: home, XDG_CONFIG_HOME: home, NO_AT_BRIDGE: '1', GDK_BACKEND: 'x11',
    WEBKIT_DISABLE_COMPOSITING_MODE: '1', LIBGL_ALWAYS_SOFTWARE: '1'};
  const screen = await start(display, ['-displayfd', '1', '-screen', '0', '1024x768x24', '-nolisten', 'tcp'], {ready: /^(\d+)/});
  const port = 7400;
  const driven = await start(driver, [`--port=${port}`], {env: {...env, DISPLAY: `:${screen.text}`}});
  const session = new WebKitBrowser(`http://127.0.0.1:${port}/session`, [driven, screen]);
  const {sessionId} = await until('WebDriver', () => session.command('POST', '',
    {capabilities: {alwaysMatch: {'webkitgtk:browserOptions': {binary: browser, args: ['--automation']}}}}).catch(error => {
      if (error.cause?.code !== 'ECONNREFUSED')
        throw error;
    }));

  return new WebKitBrowser(`http://127.0.0.1:${port}/session/${sessionId}`, [driven, screen]);
}
