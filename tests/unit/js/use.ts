// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How pages in TypeScript use the library. It is compiled as strictly as there is, and not run.
import { Outbox, OutboxError, type OutboxEvent, type Progress, type SiteState, type SubmitOptions, type Upload } from 'outbox';

const outbox = new Outbox();

export function sayState(state: SiteState): string {
  switch (state) {
    case 'ready': return 'connected';
    case 'unpaired': case 'absent': case 'ask': case 'blocked': case 'insecure': return 'not connected';
  }
}

export function readEvent(event: OutboxEvent): number {
  switch (event.type) {
    case 'changes': return event.uploads.length + event.removed.length;
    case 'gone': return event.code.length;
    case 'ready': case 'reset': case 'apps': return 0;
  }
}

// What a form has not is undefined.
export async function submitAll(files: FileList, group?: string, signal?: AbortSignal): Promise<string[]> {
  const options: SubmitOptions = { group, signal, onProgress: ({ confirmed, size, error }: Progress) => console.log(confirmed / size, error?.code) };
  const all = await Promise.all(Array.from(files, file => outbox.submit(file, { ...options, name: file.name || undefined })));

  return all.map(({ id }) => id);
}

export async function submitStreams(recorder: MediaRecorder, bytes: ReadableStream<Uint8Array>): Promise<boolean> {
  const response = await fetch('/film.webm');
  const recording = new ReadableStream<Blob>({
    start(controller) {
      recorder.ondataavailable = ({ data }) => controller.enqueue(data);
      recorder.onstop = () => controller.close();
    },
  });

  await outbox.submit(bytes);
  if (response.body)
    await outbox.submit(response.body, { mediaType: response.headers.get('Content-Type') ?? undefined });
  return (await outbox.submit(recording, { name: 'roof.webm', metadata: { job: '4711' } })).isInterrupted;
}

export async function connect(): Promise<string> {
  try {
    return await outbox.pair({ manage: false, onCode: ({ userCode, expiresAt, command }) => console.log(userCode, expiresAt, command) });
  } catch (error) {
    if (error instanceof OutboxError && error.code === 'Denied')
      return error.message;
    throw error;
  }
}

export async function follow(signal?: AbortSignal): Promise<Upload | undefined> {
  const events = outbox.events({ signal });

  await events.return();
  for await (const { isCurrent, uploads } of outbox.watch({ signal })) {
    const first = uploads.find(({ state }) => state === 'failed');

    if (isCurrent && first?.metadata?.['job'] !== '4711')
      return first;
  }
  for (const { key, needsFile, isRunning } of await outbox.pending())
    if (!needsFile && !isRunning)
      await outbox.goOn(key, { signal });
  return (await outbox.list({ state: 'done', group: undefined }))[0];
}
