// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The one error of this library. Its code is a name of the broker's error table (NotFound, KeyReused, DiskFull, …), or one of these:
//
//   NoBroker          nobody answers, or who answers could not prove to be the broker that was paired
//   NotPaired         this site has no token
//   Revoked           a person took the token back
//   Denied, Expired   a person refused the pairing; nobody answered it in time
//   PermissionNeeded  the browser wants to ask the person first: call again from a click
//   Blocked           the browser, its policy or the page's own forbids this page to reach programs of the device
//   Insecure          no page that is loaded like this one can be let in: by plain http from another device, from a file, in a
//                     frame without an origin
//   FileNeeded        this browser has not all of the file: submit it again with the same key
//   SourceChanged     the file can no longer be read, or is another than before
//   Removed           the upload was taken away at the broker while it came in

export class OutboxError extends Error {
  // status: of HTTP, 0 where nobody answered. retryAfterMs: what the broker asked to wait, or 0.
  constructor(code, message, {status = 0, retryAfterMs = 0, cause} = {}) {
    super(message, {cause});
    this.name = 'OutboxError';
    this.code = code;
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }

  // Whether the same request may go well later without anybody doing anything about it.
  get isPassing() {
    return this.code === 'NoBroker' || [408, 409, 423, 429].includes(this.status)
      || (this.status >= 500 && this.status !== 501);
  }

  // Whether a person has to let the site in first, at Outbox or in the browser.
  get needsPerson() {
    return ['NotPaired', 'Revoked', 'PermissionNeeded', 'Blocked'].includes(this.code);
  }
}

function readRetryAfter(response) {
  const seconds = Number(response.headers.get('Retry-After'));

  return seconds > 0 && seconds < 86400 ? seconds * 1000 : 0;
}

// Reads the document of an answer. It breaks off where the broker is killed while it writes.
export async function readDocument(response) {
  try {
    return response.status === 204 ? null : await response.json();
  } catch (cause) {
    throw new OutboxError('NoBroker', 'The answer of Outbox broke off', {cause});
  }
}

// Makes an error of an answer that is none of success: problem+json where the broker wrote it.
export async function readProblem(response) {
  const problem = await response.json().catch(() => null) ?? {};
  const code = typeof problem.code === 'string' ? problem.code : 'Failed';
  const message = typeof problem.detail === 'string' ? problem.detail : `Outbox answered ${response.status}`;
  const error = new OutboxError(code, message, {status: response.status, retryAfterMs: readRetryAfter(response)});

  error.problem = problem;
  return error;
}
