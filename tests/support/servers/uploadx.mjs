// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// @uploadx/core, a tus server that verifies checksums. Usage: uploadx.mjs --port N --folder DIR --tools DIR, where
// DIR/servers has its package.
import http from 'node:http';
import {createRequire} from 'node:module';
import {parseArgs} from 'node:util';

const text = {type: 'string'};
const {values} = parseArgs({options: {port: text, folder: text, tools: text}});
const {tus} = createRequire(`${values.tools}/servers/`)('@uploadx/core');

const server = http.createServer(tus({directory: values.folder, path: '/files'}));
server.listen(Number(values.port), '127.0.0.1', async () => {
  const url = `http://127.0.0.1:${server.address().port}/files`;

  // It listens before it has looked at its folder, and answers 503 until then.
  while ((await fetch(url, {method: 'OPTIONS'})).status === 503);
  console.log(`listening on ${url}`);
});
