// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the example says, in English. Other languages have the same words of states and reasons in labels-LANG.json (docs/labels.md).
const STATES = {
  queued: 'Saved on this device · waiting its turn',
  uploading: 'Saved on this device · uploading',
  confirming: 'Uploaded · waiting for the server to confirm',
  retrying: 'Saved on this device · will be retried',
  paused: 'Saved on this device',
  failed: 'Saved on this device · failed',
  done: 'Uploaded',
};

// By the names of the broker's reasons; of others the state alone is told.
export const REASONS = {
  queue: 'the whole queue is paused',
  user: 'paused by you',
  storage: 'this device cannot write to its disk',
  'sign-in': 'sign in to continue',
  'credentials-locked': 'unlock your passwords to continue',
  'destination-full': 'the server is full',
  'no-destination': 'its destination is not set up',
  ask: 'waiting for your answer in Outbox',
  'no-network': 'no network',
  'captive-portal': 'sign in to this network',
  proxy: 'the proxy of this network refuses access',
  certificate: 'the server’s identity could not be verified',
  'wrong-address': 'no upload server answers at that address',
  'wait-wifi': 'waiting for Wi-Fi',
  'wait-network': 'waiting for another network',
  'wait-unmetered': 'waiting for a network without a data limit',
  roaming: 'roaming',
  battery: 'saving battery',
  schedule: 'outside allowed hours',
  'data-budget': 'this month’s data allowance is used up',
  'form-first': 'its form goes first',
  'not-before': 'waiting for its set time',
  rejected: 'the server refused it',
  'too-large': 'too large for the server',
  'file-missing': 'the saved copy is missing',
  'file-changed': 'the saved copy was damaged',
  'not-attached': 'uploaded, but not attached to its record',
  'gave-up': 'no progress for too long',
};

// Why a page waits, by the code of the error.
const WAITS = {
  NoBroker: 'Outbox is not running on this device',
  NotPaired: 'connect to Outbox',
  Revoked: 'connect to Outbox',
  PermissionNeeded: 'connect to Outbox',
  Blocked: 'the browser does not let this page reach Outbox',
  DiskFull: 'this device is full',
  TooMany: 'other files go first',
};

// By state(): how it is with the broker.
export const GREETINGS = {
  ready: 'Connected to Outbox: what is saved on this device arrives, whether this page is open or not',
  unpaired: 'Outbox does not know this site yet',
  absent: 'Outbox is not running on this device. What you take is kept in this browser',
  ask: 'The browser will ask whether this page may reach Outbox on this device',
  blocked: 'The browser does not let this page reach Outbox: allow “Apps on device” in the settings of this site',
  insecure: 'This page cannot reach Outbox: it has to come by https, or from this device',
};

export const NEEDS_FILE = 'This browser has not all of it: add the same file again';
export const ELSEWHERE = 'Another tab of this site is sending it';

export function sayUpload({state, reasons}) {
  const why = reasons.map(reason => REASONS[reason]).filter(Boolean);

  return [STATES[state] ?? state, ...why].join(' · ');
}

function sayBytes(bytes) {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

// isRecording: nobody knows yet how long it will be.
export function sayProgress({state, confirmed, size, isKept, error}, isRecording) {
  const kept = isKept ? 'Safe in this browser' : 'Keep this page open';

  if (state === 'waiting')
    return `${kept} · waiting: ${WAITS[error.code] ?? error.message}`;
  if (isRecording)
    return `Recording · ${sayBytes(confirmed)} saved on this device`;
  return `${kept} · ${size ? Math.floor(100 * confirmed / size) : 0} % saved on this device`;
}

// What a camera that cannot be had is about, by the name of the error.
export function sayCamera(error) {
  return {
    NotAllowedError: 'This page may not use the camera: allow it in the settings of this site',
    NotFoundError: 'There is no camera and microphone on this device',
    NotReadableError: 'Another program uses the camera',
  }[error.name] ?? `The camera cannot be used: ${error.message}`;
}
