// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// tus-js-client as it comes from npm, with a file: goes on with what it began before, as a page does that was loaded again.
// Usage: tus-client.mjs --tools DIR --file FILE --store FILE --endpoint URL [--socket PATH] [--header NAME:VALUE]…
//   [--chunk BYTES] [--override] [--parallel N]. DIR/clients has its package; the store has the URLs of its uploads.
// It prints the URL of the upload once all of it was confirmed.
import {createReadStream} from 'node:fs';
import {createRequire} from 'node:module';
import {basename} from 'node:path';
import {pathToFileURL} from 'node:url';
import {parseArgs} from 'node:util';

const text = {type: 'string'};
const {values} = parseArgs({options: {
  tools: text, file: text, store: text, endpoint: text, socket: text, chunk: text,
  header: {type: 'string', multiple: true, default: []}, override: {type: 'boolean', default: false},
}});
const packages = createRequire(`${values.tools}/clients/`);
const {Upload, FileUrlStorage, DefaultHttpStack} = await import(pathToFileURL(packages.resolve('tus-js-client')).href);

const upload = new Upload(createReadStream(values.file), {
  endpoint: values.endpoint,
  urlStorage: new FileUrlStorage(values.store),
  httpStack: values.socket ? new DefaultHttpStack({socketPath: values.socket}) : undefined,
  headers: Object.fromEntries(values.header.map(one => one.split(/:(.*)/s))),
  chunkSize: values.chunk ? Number(values.chunk) : Infinity,
  overridePatchMethod: values.override,
  retryDelays: Array(200).fill(100),
  metadata: {filename: basename(values.file), filetype: 'video/mp4', job: '4711'},
  onSuccess: () => console.log(upload.url),
  onError: error => {
    console.error(error.message);
    process.exit(1);
  },
});
const [previous] = await upload.findPreviousUploads();

if (previous)
  upload.resumeFromPreviousUpload(previous);
upload.start();
