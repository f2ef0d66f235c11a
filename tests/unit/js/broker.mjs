// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A broker as a page sees it, in this process, for what a real one does only when it is killed at the right moment. It takes uploads by
// tus, and what a test wants of a request is done before the request is answered.
import {createHash, createHmac} from 'node:crypto';

import {writeChallenge} from '../../../client/js/door.js';
import {Outbox} from '../../../client/js/outbox.js';
import {MemoryShelf} from '../../../client/js/shelf.js';

export const ORIGIN = 'https://site.example';
const TOKEN = 'a-token-of-the-site';
const PORT = 7363;

const answer = (status, document, headers = {}) =>
  new Response(document === undefined ? null : JSON.stringify(document), {status, headers});

// As a connection that breaks off in the middle of an answer.
export const broken = () => new Response(new ReadableStream({
  start(controller) {
    controller.enqueue(new TextEncoder().encode('{"uploads":['));
    controller.error(new TypeError('network error'));
  },
}));

export class Broker {
  uploads = new Map(); // path → {length, bytes, metadata}
  heard = [];          // [method, path]
  streams = [];        // the controllers of event streams
  mostOpen = 0;        // uploads that were not whole at the same time
  before = () => {};   // before(method, path, n): may return an answer of its own
  after = () => {};    // after(method, path): may throw, as where the answer is lost

  get whole() {
    return [...this.uploads.values()].filter(({length, bytes}) => bytes.length === length);
  }

  tell(type, id, document = {}) {
    for (const stream of this.streams)
      stream.enqueue(new TextEncoder().encode(`id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(document)}\n\n`));
  }

  #prove({nonce}) {
    const key = createHash('sha256').update(TOKEN).digest();

    return answer(200, {proofs: [createHmac('sha256', key).update(writeChallenge(ORIGIN, `127.0.0.1:${PORT}`, nonce)).digest('hex')]});
  }

  #create(headers) {
    const key = headers['Idempotency-Key'];
    const again = [...this.uploads].find(([, upload]) => upload.key === key)?.[0];
    const path = again ?? `/v1/tus/${this.uploads.size + 1}`;
    const length = headers['Upload-Length'];

    if (!again)
      this.uploads.set(path, {key, length: length === undefined ? null : Number(length), bytes: Buffer.alloc(0)});
    this.mostOpen = Math.max(this.mostOpen, this.uploads.size - this.whole.length);
    return answer(201, undefined, {Location: path});
  }

  async #append(upload, headers, body) {
    if (Number(headers['Upload-Offset']) !== upload.bytes.length)
      return answer(409, {code: 'WrongState'});
    upload.length ??= 'Upload-Length' in headers ? Number(headers['Upload-Length']) : null;
    upload.bytes = Buffer.concat([upload.bytes, Buffer.from(await body.arrayBuffer())]);
    return answer(204, undefined, {'Upload-Offset': String(upload.bytes.length)});
  }

  #follow(signal) {
    const body = new ReadableStream({
      start: controller => {
        this.streams.push(controller);
        signal?.addEventListener('abort', () => controller.error(signal.reason));
      },
    });

    this.tell('ready', 'e-1');
    return new Response(body);
  }

  async #answer(method, path, {headers, body, signal}) {
    const upload = this.uploads.get(path);

    if (path === '/v1/hello')
      return this.#prove(JSON.parse(body));
    if (path === '/v1/events')
      return this.#follow(signal);
    if (method === 'POST' && path.startsWith('/v1/tus/'))
      return this.#create(headers);
    if (method === 'GET')
      return answer(200, {uploads: [], cursor: ''});
    if (!upload)
      return answer(404, {code: 'NotFound'});
    if (method === 'DELETE')
      return answer(this.uploads.delete(path) ? 204 : 404);
    if (method === 'HEAD')
      return answer(200, undefined, {'Upload-Offset': String(upload.bytes.length),
        ...upload.length === null ? {} : {'Upload-Length': String(upload.length)}});
    return this.#append(upload, headers, body);
  }

  // What a page is given as its fetch().
  fetch = async (url, options) => {
    const {port, pathname} = new URL(url);

    options.signal?.throwIfAborted();
    if (Number(port) !== PORT)
      throw new TypeError('Failed to fetch');
    this.heard.push([options.method, pathname]);
    const own = await this.before(options.method, pathname, this.heard.length);

    options.signal?.throwIfAborted();
    const response = own ?? await this.#answer(options.method, pathname, options);

    this.after(options.method, pathname);
    return response;
  };
}

// Returns: a page's library, let in at that broker.
export async function makePage(broker, {shelf = new MemoryShelf(), origin = ORIGIN} = {}) {
  await shelf.setFact('token', TOKEN).catch(() => {});
  return new Outbox({shelf, origin, fetch: broker.fetch, ports: [PORT]});
}
