// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a capture page does with Outbox: connect once, submit whatever is taken, go on with what an earlier visit left, and show
// what becomes of it. A recording is handed over while it runs, second by second.
import {Outbox} from '../outbox.js';

const CHUNK_MS = 1000;

const outbox = new Outbox();
const rows = new Map(); // submit key, or id of an upload of before → {element, title, status, bar, id}
let isConnecting = false; // the code is shown
const element = id => document.getElementById(id);

// --- What is shown ---

const STATES = {
  saving: 'Being saved on this device',
  queued: 'Saved on this device · waiting its turn',
  uploading: 'Uploading',
  confirming: 'Uploaded · waiting for the server to confirm',
  retrying: 'Saved on this device · will be tried again',
  paused: 'Saved on this device · paused',
  failed: 'Saved on this device · failed',
  done: 'Uploaded',
};

const WAITS = {
  NoBroker: 'Outbox is not running',
  DiskFull: 'this device is full',
};

function getRow(key, name) {
  let row = rows.get(key);

  if (!row) {
    row = {element: document.createElement('li'), title: document.createElement('strong'),
      status: document.createElement('div'), bar: document.createElement('progress'), id: null};
    row.element.append(row.title, row.status, row.bar);
    element('list').prepend(row.element);
    rows.set(key, row);
  }
  row.title.textContent = name ?? row.title.textContent;
  return row;
}

function show(row, text, part, whole) {
  row.status.textContent = text;
  row.bar.max = whole || 1;
  row.bar.value = part;
}

function showProgress(name, {key, id, state, confirmed, size, isKept, error}) {
  const row = getRow(key, name);
  const kept = isKept ? 'Safe in this browser' : 'Keep this page open';

  row.id = id;
  row.element.dataset.state = state;
  row.element.dataset.kept = isKept;
  row.element.dataset.confirmed = confirmed;
  row.element.dataset.size = size;
  if (state === 'waiting') {
    show(row, `${kept} · waiting: ${WAITS[error.code] ?? error.message}`, confirmed, size);
    if (error.needsPerson && !isConnecting)
      void greet();
  }
  if (state === 'sending')
    show(row, `${kept} · ${size ? Math.floor(100 * confirmed / size) : 0} % saved on this device`, confirmed, size);
}

function showFailure(key, name, error) {
  const row = getRow(key, name);

  if (error.name === 'AbortError')
    return;
  row.element.dataset.state = error.code ?? 'failed';
  show(row, error.message, 0, 1);
}

// From here on the broker has it, whether this page is open or not.
function showUploads(uploads) {
  for (const {id, name, state, offset, size} of uploads) {
    if (state === 'saving')
      continue; // its page knows better
    const own = [...rows].find(([, row]) => row.id === id)?.[0];
    const row = getRow(own ?? id, name);

    row.id = id;
    row.element.dataset.state = state;
    show(row, STATES[state] ?? state, state === 'done' ? size : offset, size);
  }
}

// --- What is done ---

async function track(key, name, work) {
  try {
    await work(progress => showProgress(name, progress));
  } catch (error) {
    showFailure(key, name, error);
  }
}

function submit(source, name, mediaType) {
  const key = crypto.randomUUID();
  const metadata = {job: element('job').value, note: element('note').value};
  const options = {key, name, mediaType, group: metadata.job, metadata};

  return track(key, name, onProgress => outbox.submit(source, {...options, onProgress}));
}

async function goOn() {
  for (const {key, name, needsFile} of await outbox.pending())
    if (needsFile)
      showFailure(key, name, new Error('This browser has not all of it: add the file again'));
    else
      void track(key, name, onProgress => outbox.goOn(key, {onProgress}));
}

function streamOf(recorder) {
  return new ReadableStream({
    start(controller) {
      recorder.addEventListener('dataavailable', ({data}) => data.size > 0 && controller.enqueue(data));
      recorder.addEventListener('stop', () => controller.close());
    },
  });
}

async function record() {
  const camera = await navigator.mediaDevices.getUserMedia({video: true, audio: true});
  const recorder = new MediaRecorder(camera);
  const name = `inspection-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.webm`;

  Object.assign(element('camera'), {srcObject: camera, hidden: false});
  await element('camera').play();
  element('record').textContent = 'Stop';
  element('record').onclick = () => recorder.stop();
  recorder.addEventListener('stop', () => {
    camera.getTracks().forEach(one => one.stop());
    Object.assign(element('camera'), {srcObject: null, hidden: true});
    element('record').textContent = 'Record';
    element('record').onclick = record;
  });
  recorder.start(CHUNK_MS);
  await submit(streamOf(recorder), name, recorder.mimeType.split(';')[0]);
}

// --- The broker ---

const GREETINGS = {
  ready: 'Connected to Outbox: what is saved on this device arrives, whether this page is open or not',
  unpaired: 'Outbox does not know this site yet',
  absent: 'Outbox is not running on this device. What you take is kept in this browser',
  ask: 'The browser will ask whether this page may reach Outbox on this device',
  blocked: 'The browser does not let this page reach Outbox: allow “Apps on device” in the settings of this site',
  insecure: 'This page cannot reach Outbox: it has to come by https, or from this device',
};

async function greet() {
  const state = await outbox.state();

  document.body.dataset.broker = state;
  element('broker').textContent = GREETINGS[state];
  element('pair').hidden = ['ready', 'blocked', 'insecure'].includes(state);
  return state;
}

async function watch() {
  for await (const {isCurrent, uploads} of outbox.watch()) {
    document.body.dataset.broker = isCurrent ? 'ready' : 'absent';
    element('broker').textContent = GREETINGS[document.body.dataset.broker];
    showUploads(uploads);
  }
}

async function follow() {
  try {
    await watch();
  } catch {
    await greet(); // the site was let go
  }
}

async function connect() {
  isConnecting = true;
  try {
    if (await greet() === 'unpaired')
      await outbox.pair({
        onCode({userCode}) {
          element('broker').textContent = `Outbox asks whether to let this site in. Approve it there if it shows ${userCode}`;
          document.body.dataset.code = userCode;
        },
      });
    await greet();
    void follow();
  } catch (error) {
    element('broker').textContent = error.message;
  } finally {
    isConnecting = false;
  }
}

element('record').onclick = record;
element('pair').onclick = connect;
element('files').onchange = ({target}) => {
  for (const file of target.files)
    void submit(file, file.name, file.type);
  target.value = '';
};
await goOn();
if (['ready', 'absent'].includes(await greet()))
  await follow();
