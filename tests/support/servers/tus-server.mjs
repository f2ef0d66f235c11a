// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// @tus/server over a folder. Usage: tus-server.mjs --port N --folder DIR --tools DIR, where DIR/servers has its package.
//
// What it does with a file that is whole, its finish, takes no time unless /control is told so: {"hold": N} makes that
// many of the next wait for {"end": true} or {"fail": true}; after {"mend": true} all are attached. GET /control tells
// what it saw. GET /confirm?id=ID tells whether the bytes of an upload are stored, and whether its own finish has
// attached them; after {"is_late": true} it has heard of none before that.
import http from 'node:http';
import {createRequire} from 'node:module';
import {pathToFileURL} from 'node:url';
import {json} from 'node:stream/consumers';
import {parseArgs} from 'node:util';

const text = {type: 'string'};
const {values} = parseArgs({options: {port: text, folder: text, tools: text}});
const packages = createRequire(`${values.tools}/servers/`);
const load = name => import(pathToFileURL(packages.resolve(name)).href);
const {Server} = await load('@tus/server');
const {FileStore} = await load('@tus/file-store');

const seen = {requests: {}, patched_bytes: 0, finishes: {}};
const held = [];
let toHold = 0;
let isLate = false;

async function finish(_request, {metadata}) {
  const record = seen.finishes[metadata?.outbox_id] ??= {started: 0, failed: 0, attached: false};

  record.started++;
  if (toHold > 0) {
    toHold--;
    try {
      await new Promise((resolve, reject) => held.push({resolve, reject}));
    } catch (error) {
      record.failed++;
      throw error;
    }
  }
  record.attached = true;
  return {};
}

function command({hold, is_late, end, fail, mend}) {
  toHold = hold ?? toHold;
  isLate = is_late ?? isLate;
  if (end)
    held.splice(0).forEach(one => one.resolve());
  if (fail)
    held.splice(0).forEach(one => one.reject({status_code: 500, body: 'the finish failed\n'}));
  if (mend)
    for (const record of Object.values(seen.finishes))
      record.attached = true;
}

function answer(response, status, document) {
  response.writeHead(status, {'Content-Type': 'application/json'}).end(JSON.stringify(document));
}

function confirm(response, id) {
  const record = seen.finishes[id];
  const isKnown = record && (record.attached || !isLate);

  answer(response, isKnown ? 200 : 404, {stored: !!isKnown, attached: !!record?.attached});
}

const tus = new Server({path: '/files', datastore: new FileStore({directory: values.folder}), onUploadFinish: finish});
const server = http.createServer(async (request, response) => {
  const url = new URL(request.url, 'http://localhost');

  if (url.pathname === '/confirm')
    return confirm(response, url.searchParams.get('id'));
  if (url.pathname === '/control') {
    if (request.method === 'POST')
      command(await json(request));
    return answer(response, 200, seen);
  }
  seen.requests[request.method] = (seen.requests[request.method] ?? 0) + 1;
  if (request.method === 'PATCH')
    seen.patched_bytes += Number(request.headers['content-length']);
  return tus.handle(request, response);
});
server.listen(Number(values.port), '127.0.0.1', () =>
  console.log(`listening on http://127.0.0.1:${server.address().port}/files`));
