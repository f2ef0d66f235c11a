// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The words of the page and the labels of uploads in the person's language, from the same catalogues as the command's. English
// sentences are the keys, as for gettext.
import { format, Labels } from './labels.js';
import { Sentences } from './sentences.js';
import { setLanguage } from './text.js';

const LANGUAGES = ['de', 'en', 'es', 'fr', 'ja', 'pt_BR', 'zh_CN'];

let words = {};
let sentences = new Sentences();
export let labels = null;

// Returns: the catalogue that comes nearest to what the browser asks for, such as "pt_BR" for "pt-PT".
export function chooseLanguage(wanted) {
  for (const tag of wanted) {
    const main = tag.toLowerCase().split('-')[0];
    const found = LANGUAGES.find(name => name.toLowerCase() === tag.toLowerCase().replace('-', '_'))
                  ?? LANGUAGES.find(name => name.split('_')[0] === main);

    if (found)
      return found;
  }
  return 'en';
}

async function load(name) {
  const response = await fetch(`/dashboard/${name}`);

  if (!response.ok)
    throw new Error(`${name}: ${response.status}`);
  return response.json();
}

export async function loadWords(wanted) {
  const name = chooseLanguage(wanted);
  const [ofPage, ofLabels] = await Promise.all([load(`words-${name}.json`), load(`labels-${name}.json`)]);

  // The empty message, which nobody asks for, has the service's own sentences.
  const { '': ofService, ...own } = ofPage;

  words = own;
  sentences = new Sentences(ofService, own['%s: %s']);
  labels = new Labels(ofLabels);
  setLanguage(ofLabels.language);
  return ofLabels.language;
}

// The names that xgettext knows.
export function _(message) {
  return words[message] ?? message;
}

// What the service says, or a server through it.
export function say(text) {
  return sentences.translate(text);
}

// Two sentences, one after the other: what happens next, and what a person can do.
export function join(one, two) {
  return one && two ? format(_('%s %s'), one, two) : one || two;
}

export function ngettext(one, many, n) {
  const forms = words[one];

  return Array.isArray(forms) ? labels.choose(forms, n) : n === 1 ? one : many;
}
