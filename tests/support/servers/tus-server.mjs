// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// @tus/server over a folder. Usage: tus-server.mjs --port N --folder DIR --tools DIR, where DIR/servers has its package.
import http from 'node:http';
import {createRequire} from 'node:module';
import {pathToFileURL} from 'node:url';
import {parseArgs} from 'node:util';

const text = {type: 'string'};
const {values} = parseArgs({options: {port: text, folder: text, tools: text}});
const packages = createRequire(`${values.tools}/servers/`);
const load = name => import(pathToFileURL(packages.resolve(name)).href);
const {Server} = await load('@tus/server');
const {FileStore} = await load('@tus/file-store');

const tus = new Server({path: '/files', datastore: new FileStore({directory: values.folder})});
const server = http.createServer((request, response) => tus.handle(request, response));
server.listen(Number(values.port), '127.0.0.1', () =>
  console.log(`listening on http://127.0.0.1:${server.address().port}/files`));
