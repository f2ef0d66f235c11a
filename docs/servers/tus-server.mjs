// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: CC0-1.0
//
// @tus/server that attaches each whole upload to a record, and answers the confirm URL and the amend URL of Outbox.
// Usage: tus-server.mjs --port N --folder DIR; needs the packages @tus/server and @tus/file-store.
import {createHash, randomUUID} from 'node:crypto';
import {createReadStream} from 'node:fs';
import {mkdir, open, readFile, readdir, rename} from 'node:fs/promises';
import http from 'node:http';
import {parseArgs} from 'node:util';
import {FileStore} from '@tus/file-store';
import {Server} from '@tus/server';

const text = {type: 'string'};
const {values: {port, folder}} = parseArgs({options: {port: text, folder: text}});
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const store = new FileStore({directory: folder});
const records = `${folder}/records`;
const attaching = new Map(); // of an id to the promise of its record: two questions make one record
let amending = Promise.resolve(); // one change after another, so that an older one never comes on top of a newer

await mkdir(records, {recursive: true});

// The uploads of an id, of which a creation whose answer was lost may have left more than one.
async function findUploads(id) {
  const names = (await readdir(folder)).filter(name => name.startsWith(`${id}-`) && !name.endsWith('.json'));

  return Promise.all(names.map(name => store.getUpload(name)));
}

async function digest(path) {
  const hash = createHash('sha256');

  for await (const part of createReadStream(path))
    hash.update(part);
  return hash.digest('hex');
}

// On the disk before anybody is told, and there whole or not at all.
async function write(path, document) {
  const file = await open(`${path}.new`, 'w');

  await file.writeFile(JSON.stringify(document));
  await file.sync();
  await file.close();
  await rename(`${path}.new`, path);
}

async function makeRecord(id) {
  const path = `${records}/${id}.json`;
  const made = await readFile(path, 'utf8').catch(() => null);

  if (made)
    return JSON.parse(made);
  const upload = (await findUploads(id)).find(({offset, size}) => offset === size);

  if (!upload)
    return null;
  const bytes = await open(`${folder}/${upload.id}`);
  await bytes.sync();
  await bytes.close();
  const record = {outbox_id: id, record: upload.metadata.filename, sha256: await digest(`${folder}/${upload.id}`), size: upload.size};
  await write(path, record);
  return record;
}

function attach(id) {
  if (!attaching.has(id))
    attaching.set(id, makeRecord(id).finally(() => attaching.delete(id)));
  return attaching.get(id);
}

async function confirm(id) {
  const record = await attach(id);

  if (record)
    return [200, {...record, stored: true, attached: true}];
  if ((await findUploads(id)).length > 0)
    return [202, {outbox_id: id}]; // not yet: some of it is here
  return [404, {outbox_id: id, stored: false}]; // never heard of it: Outbox may send it
}

// Keeps what is said of the file in its newest version, and answers which one that is: a change may come twice, or late.
async function amend({outbox_id: id, version, name, metadata}) {
  if (!uuid.test(id) || !Number.isInteger(version))
    return [400, {error: 'no change of an upload'}];
  if (!await attach(id))
    return [404, {outbox_id: id}];
  const path = `${records}/${id}-changed.json`;
  const had = JSON.parse(await readFile(path, 'utf8').catch(() => '{"version": 0}'));

  if (version > had.version)
    await write(path, {version, name, metadata});
  return [200, {outbox_id: id, version: Math.max(version, had.version)}];
}

async function takeAmendment(request, response) {
  if (request.method !== 'PATCH')
    return response.writeHead(request.method === 'OPTIONS' ? 204 : 405, {Allow: 'PATCH'}).end();
  const parts = [];

  for await (const part of request)
    parts.push(part);
  amending = amending.then(() => amend(JSON.parse(Buffer.concat(parts)))).catch(error => [500, {error: error.message}]);
  const [status, document] = await amending;
  response.writeHead(status, {'Content-Type': 'application/json'}).end(JSON.stringify(document));
}

const tus = new Server({
  path: '/files',
  datastore: store,
  respectForwardedHeaders: true,
  namingFunction(_request, metadata) {
    if (!uuid.test(metadata?.outbox_id))
      throw {status_code: 400, body: 'no outbox_id\n'};
    return `${metadata.outbox_id}-${randomUUID()}`;
  },
  async onUploadFinish(_request, {metadata}) {
    await attach(metadata.outbox_id);
    return {};
  },
});

const server = http.createServer(async (request, response) => {
  const {pathname, searchParams} = new URL(request.url, 'http://localhost');

  if (pathname === '/amend')
    return takeAmendment(request, response).catch(() => response.destroy());
  if (pathname !== '/confirm')
    return tus.handle(request, response);
  const id = searchParams.get('id');
  const [status, document] = uuid.test(id)
    ? await confirm(id).catch(error => [500, {error: error.message}]) : [400, {error: 'no id of an upload'}];

  response.writeHead(status, {'Content-Type': 'application/json', 'Cache-Control': 'no-store'}).end(JSON.stringify(document));
});
server.listen(Number(port), '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${server.address().port}/files/`));
