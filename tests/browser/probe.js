// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Runs in the page before its own scripts: notes what it sends, holds pieces from an offset on (?hold=BYTES) until they are released,
// so that a page can be closed there, has the browser refuse to keep files (?full), and keeps what a recorder gave. It says what the page thinks of the broker: who asks the page acts as a person, to
// whom it may do more.
const ask = window.fetch.bind(window);
const holdFrom = Number(new URLSearchParams(location.search).get('hold') ?? Infinity);

const released = new Promise(resolve => window.releaseHeld = resolve);

if (new URLSearchParams(location.search).has('full')) {
  const {put} = IDBObjectStore.prototype;

  IDBObjectStore.prototype.put = function (...args) {
    if (this.name === 'pieces')
      throw new DOMException('There is no room', 'QuotaExceededError');
    return put.apply(this, args);
  };
}

window.probe = {sent: [], streams: 0, isHeld: false, recorded: []};

window.fetch = async (url, options = {}) => {
  const offset = Number(options.headers?.['Upload-Offset']);

  if (String(url).endsWith('/v1/events'))
    window.probe.streams++;
  if (options.method === 'PATCH' && offset >= holdFrom) {
    window.probe.isHeld = true;
    await released;
  }
  if (options.method === 'PATCH')
    window.probe.sent.push([offset, options.body.size]);
  return ask(url, options);
};

if (window.MediaRecorder)
  window.MediaRecorder = class extends window.MediaRecorder {
    constructor(...args) {
      super(...args);
      this.addEventListener('dataavailable', ({data}) => window.probe.recorded.push(data));
    }
  };

window.probe.digestRecorded = async () => {
  const bytes = await new Blob(window.probe.recorded).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));

  return {size: bytes.byteLength, sha256: Array.from(digest, byte => byte.toString(16).padStart(2, '0')).join('')};
};

new MutationObserver(() => document.body?.dataset.broker && console.debug(`broker: ${document.body.dataset.broker}`))
  .observe(document, {subtree: true, attributeFilter: ['data-broker']});
