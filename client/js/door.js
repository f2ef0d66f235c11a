// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The way to the broker: which port it has, that it is the one that was paired, and requests with the token.
//
// Ports are nobody's property: while the broker does not run, a program of another user can listen there. So a page asks for a
// proof first (`/v1/hello`): an HMAC over a number that it has just made up, by the digest of the token, over its own origin and
// the host and port that it speaks to, so that nobody can pass on the answer of another. Who cannot give it gets neither token
// nor bytes. A proof counts for some seconds, and until a request fails.
import {OutboxError, readDocument, readProblem} from './errors.js';
import {pause, startDeadline} from './waiting.js';

export const FIRST_PORT = 7363;
export const N_PORTS = 10;

const PROOF_LASTS_MS = 2000;
const MAX_PROOFS = 64;
const HELLO_MS = 5000;
const PERSON_MS = 120000; // while the browser asks the person whether the page may
const REQUEST_MS = 120000; // a piece can wait for a slow disk
const JSON_TYPE = 'application/json';

// As Chromium has called it since 145, and before.
const PERMISSIONS = ['loopback-network', 'local-network-access'];

const DENIED = 'This browser does not let the page reach programs on this device. Allow it in the site settings (“Apps on '
  + 'device”); in an iframe, the page around it has to pass the permission on';
const FORBIDDEN = 'The Content-Security-Policy of this page does not let it reach Outbox: its connect-src needs http://127.0.0.1:*';

// What is told of a site that cannot ask for anything now.
const STATES = {NoBroker: 'absent', NotPaired: 'unpaired', PermissionNeeded: 'ask', Blocked: 'blocked', Insecure: 'insecure'};

const encode = text => new TextEncoder().encode(text);
const toHex = bytes => Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');

function fromHex(text) {
  return typeof text === 'string' && /^([0-9a-f]{2})+$/.test(text)
    ? Uint8Array.from(text.match(/../g), pair => parseInt(pair, 16)) : new Uint8Array();
}

// What the broker signs.
export function writeChallenge(origin, host, nonce) {
  return `outbox-hello\n${origin}\n${host}\n${nonce}`;
}

// proof: 64 hexadecimal digits, or whatever came. Takes the same time for any wrong one.
export async function isProof(proof, token, challenge) {
  const digest = await crypto.subtle.digest('SHA-256', encode(token));
  const key = await crypto.subtle.importKey('raw', digest, {name: 'HMAC', hash: 'SHA-256'}, false, ['verify']);

  return crypto.subtle.verify('HMAC', key, fromHex(proof), encode(challenge));
}

// The broker proves that it knows each token of the site: another browser has one of its own.
async function hasProof(proofs, token, challenge) {
  for (const proof of Array.isArray(proofs) ? proofs.slice(0, MAX_PROOFS) : [])
    if (await isProof(proof, token, challenge))
      return true;
  return false;
}

const LOOPBACK = /^https?:\/\/(localhost|[^/]+\.localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/;

// Throws Insecure for a page that no person can let in. A sandboxed frame and a file have the origin “null”.
function checkOrigin(origin) {
  if (globalThis.isSecureContext === false || !(origin?.startsWith('https://') || LOOPBACK.test(origin)))
    throw new OutboxError('Insecure', 'Only pages that came by https, or from this device, reach Outbox: not one by plain http from '
      + 'elsewhere, a file, or a frame without an origin');
}

// Returns: granted, prompt or denied; granted where the browser has no such permission.
async function askForPermission(origin) {
  for (const name of LOOPBACK.test(origin) ? [] : PERMISSIONS)
    try {
      return (await navigator.permissions.query({name})).state;
    } catch {
      // It knows no permission of this name.
    }

  return 'granted';
}

// Returns: how long an answer may take.
async function checkPermission(origin) {
  checkOrigin(origin);
  const permission = await askForPermission(origin);

  if (permission === 'denied')
    throw new OutboxError('Blocked', DENIED);
  if (permission === 'prompt' && navigator.userActivation?.isActive === false)
    throw new OutboxError('PermissionNeeded', 'The browser wants to ask whether this page may reach programs on this '
      + 'device, and asks only after a click');
  return permission === 'prompt' ? PERSON_MS : HELLO_MS;
}

export class Door {
  #fetch;
  #origin;
  #ports;
  #shelf;       // a promise
  #token;       // where the shelf did not take it
  #isForbidden = false; // by the page's own policy
  #proof = {base: null, token: null, untilMs: 0};
  #proving = null; // a promise, while one is asked for

  // The defaults are what a page uses; a test has its own.
  constructor(shelf, {ports, fetch = globalThis.fetch.bind(globalThis), origin = globalThis.origin} = {}) {
    this.#shelf = shelf;
    this.#fetch = fetch;
    this.#origin = origin;
    this.#ports = ports ?? Array.from({length: N_PORTS}, (_, i) => FIRST_PORT + i);
    globalThis.addEventListener?.('securitypolicyviolation', ({blockedURI, disposition}) => {
      this.#isForbidden ||= disposition === 'enforce' && this.#ports.some(port => blockedURI.startsWith(`http://127.0.0.1:${port}`));
    });
  }

  // Throws Insecure.
  checkPage() {
    checkOrigin(this.#origin);
  }

  // The next request asks for a proof again.
  forgetProof() {
    this.#proof.untilMs = 0;
  }

  // Throws NoBroker where nobody answers.
  async #send(base, method, path, {headers = {}, body, signal} = {}) {
    try {
      return await this.#fetch(base + path, {method, headers, body, signal, mode: 'cors', credentials: 'omit',
        cache: 'no-store', redirect: 'error', referrerPolicy: 'no-referrer'});
    } catch (cause) {
      if (signal?.aborted && signal.reason?.name !== 'TimeoutError')
        throw signal.reason;
      throw new OutboxError('NoBroker', 'Outbox does not answer on this device', {cause});
    }
  }

  async #post(base, path, document, {signal, mostMs = HELLO_MS} = {}) {
    const deadline = startDeadline(mostMs, signal);

    try {
      const response = await this.#send(base, 'POST', path,
        {headers: {'Content-Type': JSON_TYPE}, body: JSON.stringify(document), signal: deadline.signal});

      if (!response.ok)
        throw await readProblem(response);
      return await readDocument(response);
    } finally {
      deadline.end();
    }
  }

  // Returns: what is at that port: `ours`, `unpaired` (a broker that does not know this site), or `nobody`.
  async #greet(port, token, {signal, mostMs}) {
    const host = `127.0.0.1:${port}`;
    const nonce = toHex(crypto.getRandomValues(new Uint8Array(32)));

    try {
      const {proofs} = await this.#post(`http://${host}`, '/v1/hello', {nonce}, {signal, mostMs});
      const isOurs = token && await hasProof(proofs, token, writeChallenge(this.#origin, host, nonce));

      return isOurs ? 'ours' : 'unpaired';
    } catch (error) {
      signal?.throwIfAborted();
      return error.status === 404 && error.code === 'NotFound' ? 'unpaired' : 'nobody';
    }
  }

  // The port of last time is asked alone first. Nobody waits for who answers late when the broker has answered. Returns: {base, kind};
  // base is null where kind is `nobody`.
  async #search(token, {signal, mostMs} = {}) {
    const shelf = await this.#shelf;
    const last = token ? await shelf.getFact('port').catch(() => {}) : undefined;

    if (this.#ports.includes(last) && await this.#greet(last, token, {signal, mostMs}) === 'ours')
      return {base: `http://127.0.0.1:${last}`, kind: 'ours'};
    const greetings = this.#ports.map(async port => ({port, kind: await this.#greet(port, token, {signal, mostMs})}));
    const isOurs = async greeting => (await greeting).kind === 'ours' ? greeting : Promise.reject(new Error('It is not'));
    const ours = await Promise.any(greetings.map(isOurs)).catch(() => null);
    const {port, kind} = ours ?? (await Promise.all(greetings)).find(one => one.kind === 'unpaired') ?? {kind: 'nobody'};

    signal?.throwIfAborted();
    if (kind === 'ours')
      await shelf.setFact('port', port).catch(() => {}); // a full disk
    return {base: port ? `http://127.0.0.1:${port}` : null, kind};
  }

  async getToken() {
    return this.#token ?? await (await this.#shelf).getFact('token').catch(() => {});
  }

  // Nobody answers. What the page's policy forbids fails like that too, and the browser tells of it apart, perhaps a moment later; so does
  // what a person refuses whom the browser has asked meanwhile.
  async #nobody() {
    await pause(0);
    if (this.#isForbidden)
      return new OutboxError('Blocked', FORBIDDEN);
    return await askForPermission(this.#origin) === 'denied' ? new OutboxError('Blocked', DENIED)
      : new OutboxError('NoBroker', 'Outbox does not answer on this device');
  }

  async #prove() {
    const token = await this.getToken();

    // By a clock that nobody sets: one that was set back would make a proof count for days.
    if (this.#proof.untilMs > performance.now() && this.#proof.token === token)
      return this.#proof;
    if (!token)
      throw new OutboxError('NotPaired', 'This site is not paired with Outbox');
    const {base, kind} = await this.#search(token, {mostMs: await checkPermission(this.#origin)});
    if (kind === 'unpaired')
      throw new OutboxError('NotPaired', 'Outbox does not know this site any more: pair it again');
    if (kind === 'nobody')
      throw await this.#nobody();
    this.#proof = {base, token, untilMs: performance.now() + PROOF_LASTS_MS};
    return this.#proof;
  }

  // Those that ask at the same time wait for one proof.
  #getProof() {
    this.#proving ??= this.#prove().finally(() => this.#proving = null);
    return this.#proving;
  }

  // Returns: {base, token}, for a request that is sent at once.
  async open() {
    const {base, token} = await this.#getProof();

    return {base, token};
  }

  // Returns: `ready`, `unpaired`, `absent`, `ask` (the browser wants a click first), `blocked` or `insecure`.
  async look() {
    try {
      if (await this.getToken()) {
        await this.#getProof();
        return 'ready';
      }
      const {kind} = await this.#search(null, {mostMs: await checkPermission(this.#origin)});

      if (kind === 'nobody')
        throw await this.#nobody();
      return 'unpaired';
    } catch (error) {
      if (error.code in STATES)
        return STATES[error.code];
      throw error;
    }
  }

  // A request with the token. Any answer but success is thrown. The caller's signal ends it; it ends by itself after a while,
  // unless isStream says that the answer goes on for ever. read: what of the answer has to be there by then.
  async ask(method, path, {headers = {}, body, signal, isStream = false, read = response => response} = {}) {
    signal?.throwIfAborted();
    const {base, token} = await this.#getProof();
    const deadline = isStream ? null : startDeadline(REQUEST_MS, signal);

    try {
      const response = await this.#send(base, method, path,
        {headers: {...headers, Authorization: `Bearer ${token}`}, body, signal: deadline?.signal ?? signal});

      if (response.ok)
        return await read(response);
      throw await readProblem(response);
    } catch (error) {
      if (!(error.status > 0))
        this.forgetProof();
      if (error.status === 401)
        throw await this.#dropToken(token, error);
      throw error;
    } finally {
      deadline?.end();
    }
  }

  askForDocument(method, path, document) {
    const sent = document === undefined ? {} : {headers: {'Content-Type': JSON_TYPE}, body: JSON.stringify(document)};

    return this.ask(method, path, {...sent, read: readDocument});
  }

  // The broker itself has said that the token is none, after it had proved that it knows it.
  async #dropToken(token, cause) {
    const shelf = await this.#shelf;

    this.forgetProof();
    if (this.#token === token)
      this.#token = undefined;
    if (await shelf.getFact('token').catch(() => {}) === token)
      await shelf.setFact('token', undefined).catch(() => {});
    return new OutboxError('Revoked', 'A person took this site’s access to Outbox back', {status: 401, cause});
  }

  // --- Pairing: requests without a token, to a broker that has proved nothing yet ---

  async findForPairing(signal) {
    const mostMs = await checkPermission(this.#origin);
    const {base} = await this.#search(await this.getToken(), {signal, mostMs});

    if (!base)
      throw await this.#nobody();
    return base;
  }

  postUnproved(base, path, document, signal) {
    return this.#post(base, path, document, {signal});
  }

  // Returns: {token, app, manage} as the broker gave it, or undefined where the site has no token now.
  async getPairing() {
    const token = await this.getToken();
    const pairing = await (await this.#shelf).getFact('pairing').catch(() => {});

    return token && pairing?.token === token ? pairing : undefined;
  }

  // Where the browser has no room, this page has the token as long as it is open.
  async keepPairing({token, app, manage}) {
    const shelf = await this.#shelf;

    await shelf.setFact('pairing', {token, app, manage}).catch(() => {});
    this.#token = await shelf.setFact('token', token).then(() => undefined, () => token);
    this.forgetProof();
  }
}
