// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Questions to the person, each in a dialog: Escape is a no, and the focus goes back to where it was.
import { h, outside, safe } from './text.js';
import { _, say } from './words.js';

let nDialogs = 0;

// Shows it until it is closed. Returns: its return value.
function show(dialog) {
  const opener = document.activeElement;

  document.body.append(dialog);
  dialog.showModal();
  return new Promise(resolve => dialog.addEventListener('close', () => {
    dialog.remove();
    opener?.focus();
    resolve(dialog.returnValue);
  }));
}

function make(title, ...children) {
  const id = `dialog-${++nDialogs}`;

  return h('dialog', { 'aria-labelledby': id }, h('h2', { id }, outside(title)), ...children);
}

// Asks a person. Returns: whether they agree.
export async function confirm(title, text, yes) {
  const answer = await show(make(title, h('form', { method: 'dialog' }, h('p', { textContent: text }),
    h('div', { className: 'actions' },
      h('button', { type: 'submit', value: 'no', textContent: _('Cancel'), autofocus: true }),
      h('button', { type: 'submit', value: 'yes', textContent: yes, className: 'strong' })))));

  return answer === 'yes';
}

// --- Forms ---

function makeInput({ kind, value = '', options = [], ...properties }) {
  switch (kind) {
    case 'choice':
      return h('select', properties, options.map(([name, text]) => h('option', { value: name, textContent: text, selected: name === value })));
    case 'lines':
      return h('textarea', { rows: 2, spellcheck: false, ...properties, value });
    case 'yes':
      return h('input', { type: 'checkbox', ...properties, checked: value });
    default:
      return h('input', { type: kind, autocomplete: 'off', spellcheck: false, ...properties, value });
  }
}

// A field: { name, label, kind: "choice", "lines", "yes", or the type of an input; value, hint, options (of a choice), and properties of
// its element }.
function makeField({ name, label, hint = '', ...rest }) {
  const id = `field-${nDialogs}-${name}`;
  const input = makeInput({ ...rest, id, name });

  if (hint)
    input.setAttribute('aria-describedby', `${id}-hint`);
  return h('div', { className: rest.kind === 'yes' ? 'field yes' : 'field' }, h('label', { htmlFor: id, textContent: label }), input,
           h('p', { className: 'quiet', id: `${id}-hint` }, outside(hint)));
}

function readFields(form, fields) {
  return Object.fromEntries(fields.map(({ name, kind }) => [name, kind === 'yes' ? form.elements[name].checked : form.elements[name].value]));
}

// Asks for several things. send(values): what is done with them; the dialog stays, and tells the error, where that throws.
export function askForm(title, fields, yes, send) {
  const trouble = h('p', { className: 'bad', role: 'alert' });
  const button = h('button', { type: 'submit', textContent: yes, className: 'strong' });
  const form = h('form', { onsubmit: submit }, fields.map(makeField), trouble, h('div', { className: 'actions' },
    h('button', { type: 'button', textContent: _('Cancel'), onclick: () => dialog.close() }), button));
  const dialog = make(title, form);

  async function submit(event) {
    event.preventDefault();
    button.disabled = true;
    trouble.replaceChildren();
    try {
      await send(readFields(form, fields));
      dialog.close();
    } catch (error) {
      trouble.replaceChildren(safe(say(error.message)));
    } finally {
      button.disabled = false;
    }
  }

  return show(dialog);
}
