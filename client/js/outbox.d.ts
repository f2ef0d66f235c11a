// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later

/** See errors.js; beside these, `code` is a name of the broker's table of errors. */
export type ErrorCode =
  | 'NoBroker' | 'NotPaired' | 'Revoked' | 'Denied' | 'Expired' | 'PermissionNeeded' | 'Blocked' | 'Insecure' | 'FileNeeded'
  | 'SourceChanged' | 'Removed'
  | 'Failed' | 'InvalidArgument' | 'NotFound' | 'NotSupported' | 'NotAllowed' | 'WrongState' | 'Busy' | 'KeyReused'
  | 'NoDestination' | 'DigestMismatch' | 'DiskFull' | 'Quota' | 'TooMany' | 'Storage' | 'AlreadySent';

export class OutboxError extends Error {
  readonly name: 'OutboxError';
  readonly code: ErrorCode;
  /** Of HTTP; 0 where nobody answered. */
  readonly status: number;
  /** How long the broker asked to wait, or 0. */
  readonly retryAfterMs: number;
  /** Whether the same may go well later without anybody doing anything about it. */
  readonly isPassing: boolean;
  /** Whether a person has to let the site in first, at Outbox or in the browser. */
  readonly needsPerson: boolean;
}

/**
 * ready     the broker knows this site
 * unpaired  a broker is there, and pair() is next
 * absent    nobody answers
 * ask       the browser will ask the person, and does so only on a click: call again from one
 * blocked   the person, a policy of the browser or that of the page does not let this page reach the device
 * insecure  nobody can let this page in: it came by plain http from elsewhere, is a file, or is in a frame without an origin
 */
export type SiteState = 'ready' | 'unpaired' | 'absent' | 'ask' | 'blocked' | 'insecure';

export interface PairingCode {
  /** To be shown: the person compares it with what Outbox shows. */
  userCode: string;
  /** Unix time in milliseconds. */
  expiresAt: number;
  /** What a person may type into a terminal to approve. */
  command: string;
}

export interface PairOptions {
  /** Ask to see and command the uploads of other apps too. */
  manage?: boolean | undefined;
  /** Called again when there is another code, as after the broker was started again; also in a tab that waits for another's answer. */
  onCode?: ((code: PairingCode) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export interface Progress {
  key: string;
  /** Of the upload at the broker; null before it has one. */
  id: string | null;
  /**
   * waiting: `error` says for what; it goes on by itself, and at once after pair() or tryNow().
   * saved: the broker has all of it on its disk.
   */
  state: 'sending' | 'waiting' | 'saved';
  /** In bytes; of a stream as many as have come so far. */
  size: number;
  /** Bytes that the broker has on its disk. */
  confirmed: number;
  /** Whether this browser could go on with all of it if the page were closed now. */
  isKept: boolean;
  error: OutboxError | null;
}

/** What is undefined is absent. */
export interface SubmitOptions {
  /** The submit key: the same key and bytes give the same upload. A random one where it is absent. */
  key?: string | undefined;
  /** Of the file; that of a File where it is absent. */
  name?: string | undefined;
  mediaType?: string | undefined;
  destination?: string | undefined;
  group?: string | undefined;
  groupTitle?: string | undefined;
  /** It is the report's form data, and goes before the media of its group. */
  form?: boolean | undefined;
  priority?: number | undefined;
  /** Unix time in milliseconds: not to be sent before. */
  notBefore?: number | undefined;
  metadata?: Record<string, string> | undefined;
  /** What it throws is reported as an error of the page, and stops nothing. */
  onProgress?: ((progress: Progress) => void) | undefined;
  /** Stops; pending() has it then, and goOn() goes on. A stream is cancelled. */
  signal?: AbortSignal | undefined;
}

export interface Submitted {
  key: string;
  id: string;
  /** A recording whose page was closed: it has what had come until then. */
  isInterrupted: boolean;
}

export interface Pending {
  key: string;
  id: string | null;
  name: string;
  size: number;
  confirmed: number;
  createdAt: number;
  /** This tab or another works on it: goOn() waits until it is done, or that tab is closed. */
  isRunning: boolean;
  /** This browser has not all of it: submit() the file again with the same key. */
  needsFile: boolean;
  /** A recording whose page was closed. */
  isInterrupted: boolean;
}

/** As the broker has it everywhere: see org.outbox.Outbox1.xml. */
export interface Upload {
  id: string;
  name: string;
  state: 'saving' | 'queued' | 'uploading' | 'confirming' | 'retrying' | 'paused' | 'failed' | 'done';
  /** Why it waits or failed: see docs/states.md. */
  reasons: string[];
  needs_user: boolean;
  app: string;
  key?: string;
  media_type: string;
  size: number;
  /** Bytes that are safe on this device, while it is `saving`. */
  saved_bytes?: number;
  /** Bytes that the server has confirmed. */
  offset: number;
  sha256?: string;
  group?: string;
  group_title?: string;
  form?: boolean;
  metadata?: Record<string, string>;
  destination: string;
  rule?: string;
  priority: number;
  attempts?: number;
  local_copy?: boolean;
  /** Times are Unix times in milliseconds. */
  created_at?: number;
  saved_at?: number;
  updated_at?: number;
  done_at?: number;
  until?: number;
  sequence: string;
  [name: string]: unknown;
}

export interface Filter {
  state?: Upload['state'] | undefined;
  group?: string | undefined;
  group_app?: string | undefined;
  app?: string | undefined;
  destination?: string | undefined;
  unfinished?: boolean | undefined;
}

export type OutboxEvent =
  | { type: 'ready'; id: string }
  | { type: 'changes'; id: string; uploads: Upload[]; removed: string[]; holds?: object[] }
  | { type: 'reset' }
  | { type: 'gone'; code: ErrorCode }
  /** To a site that manages: other web apps ask to be let in, or were. */
  | { type: 'apps'; id: string };

export interface Snapshot {
  /** Whether this is what the broker has now; while it is gone, it is what was known last. */
  isCurrent: boolean;
  uploads: Upload[];
}

/** For `for await`; leaving the loop ends it, and return() does while next() waits too. */
export interface Following<T> extends AsyncIterableIterator<T> {
  return(value?: unknown): Promise<IteratorResult<T>>;
}

export class Outbox {
  /** @param options.ports where to look for the broker, if not at 7363 to 7372 */
  constructor(options?: { ports?: number[] | undefined });

  state(): Promise<SiteState>;

  /**
   * Resolves when a person has approved, with the name of the site's app. One request at a time: other tabs that ask meanwhile show the
   * same code. Rejects with Denied, Expired, NoBroker, Blocked, Insecure or PermissionNeeded.
   */
  pair(options?: PairOptions): Promise<string>;

  /**
   * Resolves when the broker has all of it on its disk. While the broker is away, or a person has to let the site in, it waits;
   * `signal` ends that.
   */
  submit(source: Blob | ReadableStream<ArrayBuffer | ArrayBufferView | Blob>, options?: SubmitOptions): Promise<Submitted>;

  /** What was submitted in this browser and is not whole at the broker, oldest first. */
  pending(): Promise<Pending[]>;
  goOn(key: string, options?: Pick<SubmitOptions, 'onProgress' | 'signal'>): Promise<Submitted>;
  /**
   * Stops what is pending, in whatever tab, and forgets it here and at the broker; there later, by a page that follows the uploads, where
   * it cannot be asked now.
   */
  discard(key: string): Promise<void>;
  /** Ends the waits of what is tried again. */
  tryNow(): void;

  /**
   * What another client of tus needs for a request that it sends at once. Rejects where the broker cannot prove itself: ask again
   * before each request.
   */
  tus(): Promise<{ endpoint: string; headers: { Authorization: string } }>;

  get(id: string): Promise<Upload>;
  list(filter?: Filter): Promise<Upload[]>;
  pause(id: string): Promise<void>;
  resume(id: string): Promise<void>;
  retry(id: string): Promise<void>;
  remove(id: string): Promise<void>;

  /**
   * One stream for all tabs of the site. Ends when the signal is aborted, or return() is called; throws when the site is no longer
   * paired.
   */
  events(options?: { signal?: AbortSignal | undefined }): Following<OutboxEvent>;
  /** The site's uploads, again after every change. */
  watch(options?: { signal?: AbortSignal | undefined }): Following<Snapshot>;
}
