// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What is around a browser: a bus, the broker at its own ports, a real tus server, and a site that has the example page.
import {execFile, execFileSync, spawn} from 'node:child_process';
import {createHash, randomBytes} from 'node:crypto';
import {once} from 'node:events';
import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';

import {until} from './tap.mjs';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const LIBRARY = path.join(HERE, '../../client/js');
const TYPES = {'.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css'};
export const PUBLIC_PORT = 7300; // run.sh names it in a policy
const PROBE = '<script src="/probe.js"></script>\n  <script type="module"';

export const sha256 = bytes => createHash('sha256').update(bytes).digest('hex');

// Starts a program. Returns: {process, text}: what it printed of itself in the line that says that it is ready.
export async function start(program, args, {env = {}, ready, isQuiet = false} = {}) {
  const child = spawn(program, args, {env: {...process.env, ...env}, stdio: ['ignore', 'pipe', isQuiet ? 'ignore' : 'inherit']});
  const failed = new Promise((_resolve, reject) => {
    child.on('error', reject);
    child.on('exit', code => reject(new Error(`${program} ended (${code}) before it was ready`)));
  });

  failed.catch(() => {});
  if (!ready)
    return {process: child};
  const text = await Promise.race([failed, (async () => {
    for await (const line of createInterface(child.stdout)) {
      const found = ready.exec(line);

      if (found)
        return found[1];
    }
    return failed;
  })()]);

  child.stdout.resume();
  return {process: child, text};
}

// What cases have their site serve besides: path → text.
export const added = new Map();

// Serves the library, the probe in every page, and a page around the example (/around?allow=…).
function serve(request, response) {
  const {pathname, searchParams} = new URL(request.url, 'http://site');
  const file = pathname === '/probe.js' ? path.join(HERE, 'probe.js') : path.join(LIBRARY, path.normalize(pathname));

  if (pathname === '/around') {
    const allow = searchParams.get('allow');

    response.writeHead(200, {'Content-Type': 'text/html'});
    response.end(`<iframe ${allow ? `allow="${allow}"` : ''} src="https://public.example:${PUBLIC_PORT}/example/index.html"></iframe>`);
    return;
  }
  try {
    const body = added.get(pathname) ?? readFileSync(file);

    response.writeHead(200, {'Content-Type': TYPES[path.extname(file)] ?? 'application/octet-stream'});
    response.end(file.endsWith('.html') ? String(body).replace('<script type="module"', PROBE) : body);
  } catch {
    response.writeHead(404).end();
  }
}

export class World {
  #bus;
  #daemon = null;
  #sites = [];

  static async make() {
    const world = new World();

    world.folder = mkdtempSync(path.join(tmpdir(), 'outbox-browser-'));
    for (const name of ['data', 'state', 'run', 'stored'])
      mkdirSync(path.join(world.folder, name), {mode: 0o700});
    world.#bus = await start('dbus-daemon', ['--session', '--nofork', '--print-address=1'], {ready: /(.*)/, isQuiet: true});
    world.env = {
      XDG_DATA_HOME: path.join(world.folder, 'data'), XDG_STATE_HOME: path.join(world.folder, 'state'),
      XDG_CONFIG_HOME: world.folder, XDG_RUNTIME_DIR: path.join(world.folder, 'run'),
      OUTBOX_CONFIG_FOLDERS: `${world.folder}/vendor:${world.folder}/etc`, DBUS_SESSION_BUS_ADDRESS: world.#bus.text,
      DBUS_SYSTEM_BUS_ADDRESS: 'unix:path=/nonexistent', LC_ALL: 'C.UTF-8',
    };
    return world;
  }

  // A site at an origin of its own, so that each browser is let in for itself. Returns: {origin, page}.
  async startSite() {
    const site = http.createServer(serve).listen(0, '127.0.0.1');

    this.#sites.push(site);
    await once(site, 'listening');
    const origin = `http://localhost:${site.address().port}`;

    return {origin, page: `${origin}/example/index.html`};
  }

  // The same by https, under names that a browser is told to find here.
  async startPublicSite() {
    const [key, cert] = [path.join(this.folder, 'key.pem'), path.join(this.folder, 'cert.pem')];

    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
      '-subj', '/CN=public.example', '-keyout', key, '-out', cert], {stdio: 'ignore'});
    const site = https.createServer({key: readFileSync(key), cert: readFileSync(cert)}, serve).listen(PUBLIC_PORT, '127.0.0.1');

    this.#sites.push(site);
    await once(site, 'listening');
  }

  // The server to which everything goes.
  async startServer() {
    const script = path.join(HERE, '../support/servers/tus-server.mjs');
    const {text} = await start(process.execPath,
      [script, '--port', '0', '--folder', path.join(this.folder, 'stored'), '--tools', process.env.TOOLS],
      {ready: /listening on (.*)/});

    await this.outbox('destination', 'set', 'depot', '--url', text, '--default');
  }

  async startBroker() {
    this.#daemon = (await start(process.env.OUTBOXD, [], {env: this.env})).process;
    await this.waitForBroker();
  }

  waitForBroker() {
    return until('broker', () => {
      if (this.#daemon.exitCode !== null)
        throw new Error('outboxd ended');
      return this.outbox('status').then(() => true, () => false);
    });
  }

  // Another program is at the broker's first port, and has nothing to say. Returns: what to close.
  async takePort() {
    const server = http.createServer((_request, response) => response.writeHead(404).end()).listen(7363, '127.0.0.1');

    await once(server, 'listening');
    return {
      close() {
        server.close();
        server.closeAllConnections();
      },
    };
  }

  async killBroker() {
    this.#daemon.kill('SIGKILL');
    await once(this.#daemon, 'exit');
  }

  // Returns: its exit code. A sanitizer that has something to report makes another of it than 0.
  async stopBroker() {
    this.#daemon.kill('SIGTERM');
    const [code] = await once(this.#daemon, 'exit');

    return code;
  }

  async outbox(...args) {
    const {stdout} = await promisify(execFile)(process.env.OUTBOX, args, {env: {...process.env, ...this.env}});

    return stdout;
  }

  async list() {
    return JSON.parse(await this.outbox('list', '--json'));
  }

  makeFile(name, sizeBytes) {
    const file = path.join(this.folder, name);
    const bytes = randomBytes(sizeBytes);

    writeFileSync(file, bytes);
    return {file, sha256: sha256(bytes)};
  }

  // What the server has stored whole under that name. Returns: [{file, size, sha256}].
  stored(name) {
    const folder = path.join(this.folder, 'stored');

    return readdirSync(folder).filter(file => file.endsWith('.json')).flatMap(file => {
      try {
        const {size, metadata} = JSON.parse(readFileSync(path.join(folder, file)));
        const bytes = path.join(folder, file.slice(0, -'.json'.length));

        return (metadata.filename ?? metadata.name) === name && statSync(bytes).size === size
          ? [{file: bytes, size, sha256: sha256(readFileSync(bytes))}] : [];
      } catch {
        return []; // the server is writing it
      }
    });
  }

  end() {
    this.#sites.forEach(site => site.close());
    rmSync(this.folder, {recursive: true, force: true});
  }
}
