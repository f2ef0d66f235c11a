// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a capture page does with Outbox: connect once, submit whatever is taken, go on with what an earlier visit left, and show
// what becomes of it. A recording is handed over while it runs, second by second.
import {Outbox} from '../outbox.js';
import {ELSEWHERE, GREETINGS, NEEDS_FILE, sayCamera, sayProgress, sayUpload} from './words.js';

const CHUNK_MS = 1000;
const LOOK_AGAIN_MS = 10000;

const outbox = new Outbox();
const rows = new Map();    // submit key, or id of an upload of before → a row
const lacking = new Map(); // name and size of a file that has to be added again → its key
let isConnecting = false;  // the code is shown
let isFollowing = false;
let recorder = null;

const element = id => document.getElementById(id);
const nameFile = ({name, size}) => `${name} ${size}`;

// --- What is shown ---

function make(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);

  made.append(...children);
  return made;
}

function getRow(key, name) {
  let row = rows.get(key);

  if (!row) {
    row = {key, title: make('strong'), status: make('div'), bar: make('progress'), buttons: make('div', {className: 'buttons'}),
      id: null, state: null, isAtBroker: false};
    row.element = make('li', {}, row.title, row.status, row.bar, row.buttons);
    element('list').prepend(row.element);
    element('none').hidden = true;
    rows.set(key, row);
  }
  row.title.textContent = name ?? row.title.textContent;
  row.bar.ariaLabel = row.title.textContent;
  return row;
}

function forgetRow(row) {
  row.element.remove();
  rows.delete(row.key);
  element('none').hidden = rows.size > 0;
}

// What a person does about a row: buttons: text → what it does.
function offer(row, buttons) {
  const texts = Object.keys(buttons);

  if (texts.join() === [...row.buttons.children].map(one => one.textContent).join())
    return; // a button that has the focus stays
  row.buttons.replaceChildren(...texts.map(text => make('button', {type: 'button', ariaLabel: `${text}: ${row.title.textContent}`,
    onclick: () => tryTo(buttons[text])}, text)));
}

// A screen reader hears of another state, and not of every percent.
function show(row, state, text, {part = 0, whole = 1, buttons = {}} = {}) {
  row.status.textContent = text;
  row.bar.max = whole || 1;
  row.bar.value = part;
  row.element.dataset.state = state;
  offer(row, buttons);
  if (row.state !== state && row.state !== null)
    element('news').textContent = `${row.title.textContent}: ${text}`;
  row.state = state;
}

// What goes wrong is said, and not only in the console.
async function tryTo(work) {
  element('problem').textContent = '';
  try {
    await work();
  } catch (error) {
    element('problem').textContent = error.message;
  }
}

async function discard(row) {
  if (!confirm(`Discard ${row.title.textContent}? It is not saved yet.`))
    return;
  await outbox.discard(row.key);
  forgetRow(row);
}

function showProgress(name, isRecording, progress) {
  const {key, id, state, confirmed, size, isKept, error} = progress;
  const row = getRow(key, name);

  row.id = id;
  Object.assign(row.element.dataset, {kept: isKept, confirmed, size});
  if (state === 'saved')
    return; // what the broker says of it is next
  show(row, state, sayProgress(progress, isRecording), {part: isRecording ? 0 : confirmed, whole: size,
    buttons: isRecording ? {} : {Discard: () => discard(row)}});
  if (error?.needsPerson && !isConnecting)
    void greet();
}

function showFailure(key, name, error) {
  const row = getRow(key, name);

  if (error.name !== 'AbortError')
    show(row, error.code ?? 'failed', error.message, {buttons: {Discard: () => discard(row)}});
}

// From here on the broker has it, whether this page is open or not.
function showUploads(uploads) {
  for (const upload of uploads) {
    const {id, name, state, offset, size} = upload;

    if (state === 'saving')
      continue; // its page knows better
    const row = [...rows.values()].find(one => one.id === id) ?? getRow(id, name);

    Object.assign(row, {id, isAtBroker: true});
    delete row.element.dataset.kept;
    show(row, state, sayUpload(upload), {part: state === 'done' ? size : offset, whole: size,
      buttons: state === 'failed' ? {'Try again': () => outbox.retry(id)} : {}});
  }
  for (const row of [...rows.values()])
    if (row.isAtBroker && !uploads.some(({id}) => id === row.id))
      forgetRow(row); // it was removed
}

// --- What is done ---

async function track(key, name, work, isRecording = () => false) {
  try {
    await work(progress => showProgress(name, isRecording(), progress));
  } catch (error) {
    showFailure(key, name, error);
  }
}

function submit(source, name, mediaType, isRecording) {
  const key = lacking.get(nameFile(source)) ?? crypto.randomUUID();
  const metadata = {job: element('job').value, note: element('note').value};
  const options = {key, name, mediaType, group: metadata.job, metadata};

  lacking.delete(nameFile(source));
  return track(key, name, onProgress => outbox.submit(source, {...options, onProgress}), isRecording);
}

async function goOn() {
  for (const pending of await outbox.pending()) {
    const {key, name, size, confirmed, isRunning, needsFile} = pending;
    const row = getRow(key, name);

    row.id = pending.id;
    if (isRunning)
      show(row, 'elsewhere', ELSEWHERE, {part: confirmed, whole: size});
    if (needsFile)
      askFor(pending);
    else
      void track(key, name, onProgress => goOnWith(pending, onProgress));
  }
}

// The tab that had the file may be closed before it is done.
async function goOnWith(pending, onProgress) {
  try {
    await outbox.goOn(pending.key, {onProgress});
  } catch (error) {
    if (error.code !== 'FileNeeded')
      throw error;
    askFor(pending);
  }
}

function askFor(pending) {
  const row = getRow(pending.key);

  lacking.set(nameFile(pending), pending.key);
  show(row, 'FileNeeded', NEEDS_FILE, {part: pending.confirmed, whole: pending.size, buttons: {Discard: () => discard(row)}});
}

function streamOf(running) {
  return new ReadableStream({
    start(controller) {
      running.ondataavailable = ({data}) => data.size > 0 && controller.enqueue(data);
      running.onstop = () => controller.close();
    },
    cancel() {
      running.ondataavailable = running.onstop = null; // nobody reads it any more
      running.stop();
    },
  });
}

function showCamera(camera) {
  Object.assign(element('camera'), {srcObject: camera, hidden: !camera});
  element('record').textContent = camera ? 'Stop' : 'Record';
}

async function openCamera() {
  try {
    const camera = await navigator.mediaDevices.getUserMedia({video: true, audio: true});

    try {
      return new MediaRecorder(camera);
    } catch (error) {
      camera.getTracks().forEach(track => track.stop());
      throw error;
    }
  } catch (error) {
    throw new Error(sayCamera(error), {cause: error});
  }
}

async function record() {
  recorder = await openCamera();
  const {stream} = recorder;
  const name = `inspection-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.webm`;

  showCamera(stream);
  void element('camera').play().catch(() => {}); // the picture is not what is recorded
  recorder.addEventListener('stop', () => {
    stream.getTracks().forEach(track => track.stop());
    showCamera(null);
    recorder = null;
  });
  recorder.start(CHUNK_MS);
  void submit(streamOf(recorder), name, recorder.mimeType.split(';')[0], () => recorder !== null);
}

async function toggle() {
  if (recorder) {
    recorder.stop();
    return;
  }
  element('record').disabled = true; // while the browser asks for the camera
  await record().finally(() => element('record').disabled = false);
  element('record').focus();
}

// --- The broker ---

function showBroker(state) {
  document.body.dataset.broker = state;
  element('broker').textContent = GREETINGS[state];
  element('pair').hidden = ['ready', 'blocked', 'insecure'].includes(state);
}

async function greet() {
  const state = await outbox.state();

  if (!isConnecting)
    showBroker(state);
  return state;
}

async function watch() {
  for await (const {isCurrent, uploads} of outbox.watch()) {
    showBroker(isCurrent ? 'ready' : 'absent');
    element('pair').hidden = true;
    showUploads(uploads);
  }
}

// Ends when the site is let go.
async function follow() {
  if (isFollowing)
    return;
  isFollowing = true;
  await watch().catch(() => {});
  isFollowing = false;
  await greet();
}

// The broker was started, or another tab was let in, and nobody has told this one.
async function lookAgain() {
  if (!isFollowing && !isConnecting && await greet() === 'ready')
    await follow();
}

function showCode({userCode, command}) {
  document.body.dataset.code = userCode;
  element('broker').replaceChildren('Outbox asks whether to let this site in. Approve it there if it shows ',
    make('strong', {className: 'code'}, userCode), ', or in a terminal: ', make('code', {}, command));
}

async function connect() {
  isConnecting = true;
  element('pair').disabled = true;
  try {
    if (await outbox.state() !== 'ready')
      await outbox.pair({onCode: showCode});
  } finally {
    isConnecting = false;
    element('pair').disabled = false;
    await greet();
  }
  void follow();
}

element('record').onclick = () => tryTo(toggle);
element('pair').onclick = () => tryTo(connect);
element('files').onchange = ({target}) => {
  for (const file of target.files)
    void submit(file, file.name, file.type);
  target.value = '';
};
window.onbeforeunload = event => {
  if ([...rows.values()].some(({element: {dataset}}) => dataset.kept === 'false' && ['sending', 'waiting'].includes(dataset.state)))
    event.preventDefault(); // the browser asks whether to leave
};
window.addEventListener('focus', lookAgain);
setInterval(lookAgain, LOOK_AGAIN_MS);
await tryTo(goOn);
await lookAgain();
