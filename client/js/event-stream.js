// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Reads the body of an answer that is an event stream. The dashboard reads its own with this file too.
import {OutboxError} from './errors.js';

const MAX_BYTES = 16 * 1024 * 1024;

// Reads an event stream (HTML, section 9.2.6). Yields {id, type, data}; onBytes hears of whatever comes.
export async function* readEvents(body, onBytes = () => {}) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  let id = '';

  try {
    for (;;) {
      const {done, value} = await reader.read();

      if (done)
        return;
      onBytes();
      text += value;
      const blocks = text.split('\n\n');
      text = blocks.pop();
      if (text.length > MAX_BYTES)
        throw new OutboxError('Failed', 'An event of Outbox has no end', {status: 502});
      for (const block of blocks) {
        const event = readBlock(block);

        id = event.id ?? id;
        if (event.data !== undefined)
          yield {id, type: event.event ?? 'message', data: event.data};
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function readBlock(block) {
  const fields = {};

  for (const line of block.split('\n')) {
    const [, name, value] = /^([^:]*):? ?(.*)$/.exec(line);

    fields[name] = name === 'data' && fields.data !== undefined ? `${fields.data}\n${value}` : value;
  }
  return fields;
}
