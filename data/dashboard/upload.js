// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What is true of uploads and of groups alike: their mood, their progress, and buttons for what applies to them.
import { format } from './labels.js';
import { formatSize, h, reconcile, safe, setText } from './text.js';
import { _, labels } from './words.js';

// Reasons that are a rule's: a person may send now all the same.
export const RULES = ['ask', 'wait-wifi', 'wait-network', 'wait-unmetered', 'roaming', 'battery', 'schedule', 'data-budget', 'not-before'];

export function progressOf(upload) {
  const { state, size, offset, sent_bytes: sent, saved_bytes: saved = 0 } = upload;

  // An upload without a byte is either done or has not begun.
  if (state === 'done')
    return { confirmed: 1, sent: 1, size: 1 };
  if (state === 'saving')
    return { confirmed: Math.min(saved, size), sent: Math.min(saved, size), size };
  return { confirmed: Math.min(offset, size), sent: state === 'uploading' ? Math.min(sent, size) : Math.min(offset, size), size };
}

export function withOnTheWay(label, bytes) {
  return bytes > 0 ? format(_('%s · %s on the way'), label, formatSize(bytes)) : label;
}

export function labelOf(upload) {
  const { confirmed, sent } = progressOf(upload);
  const label = labels.status({ ...upload, reason: upload.reasons[0], rung: upload.receipt?.rung }, Date.now());

  return withOnTheWay(label, upload.state === 'uploading' ? sent - confirmed : 0);
}

export function moodOf({ state, needs_user: needsUser }) {
  if (needsUser || state === 'failed')
    return 'bad';
  if (state === 'done')
    return 'good';
  return state === 'paused' || state === 'retrying' ? 'waits' : 'plain';
}

// Buttons that stay while they apply, so that a person's focus does. commands: [command, text] each. name: what they are about.
// obey(command, button): one was pressed.
export function drawCommands(element, commands, name, obey) {
  reconcile(element, commands, ([command]) => command, ([command]) => {
    const button = h('button', { type: 'button', onclick: () => button.obey(command, button) });

    button.update = ([, text]) => {
      button.obey = obey;
      setText(button, text);
      button.setAttribute('aria-label', `${text}: ${safe(name)}`);
    };
    return button;
  });
}
