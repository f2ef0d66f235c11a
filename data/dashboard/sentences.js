// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The service's sentences in the person's language, as dbus/sentence.c has them: English is what the service sends, and a sentence is
// known by its format. Whatever else comes, such as a server's words, stays as it is, also within a sentence that is known.
import { format } from './labels.js';

const PLACE = /%(?:(\d+)\$)?[.\d]*l*([sdu])/g;
const MOST_CHARACTERS = 2048;
const MOST_DEPTH = 5;
// Of looks at all sentences for one text, however a server has split it.
const MOST_LOOKS = 200;

function escape(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

// A sentence that ends in a colon stands before something, which is then one place more.
function makePattern(english) {
  const parts = english.replaceAll('%%', '%').split(PLACE);
  let pattern = escape(parts[0]);

  for (let i = 1; i < parts.length; i += 3)
    pattern += (parts[i + 1] === 's' ? '([^]*?)' : '([-\\d]+)') + escape(parts[i + 2]);
  return new RegExp(`^${pattern}${english.endsWith(': ') ? '([^]+)' : ''}$`);
}

export class Sentences {
  #all;
  #colon;
  #looks = 0;

  // said: what the person's language has for each, by its English format. colon: how it puts something and what is said of it
  constructor(said = {}, colon = '%s: %s') {
    this.#colon = colon;
    this.#all = Object.entries(said).map(([english, own]) => ({
      pattern: makePattern(english), own: own.replace(PLACE, (_, place) => (place ? `%${place}$s` : '%s')) + (english.endsWith(': ') ? '%s' : ''),
      length: english.replace(PLACE, '').length,
    }));
    // Of two that fit, the one that says more itself.
    this.#all.sort((a, b) => b.length - a.length);
  }

  // Returns: the sentence, where all of the text is one; undefined where it is none
  #whole(text, depth) {
    if (++this.#looks > MOST_LOOKS)
      return undefined;
    for (const { pattern, own } of this.#all) {
      const match = pattern.exec(text);

      if (match)
        return format(own, ...match.slice(1).map(part => this.#any(part, depth + 1) ?? part));
    }
    return undefined;
  }

  // What it is about, a colon, and a sentence: where one of the two is known. Also what follows the group of a file of settings.
  #parts(text, depth) {
    for (const { 0: mark, index } of text.matchAll(/[:\]] /g)) {
      if (this.#looks > MOST_LOOKS)
        break;
      const head = text.slice(0, index), tail = text.slice(index + 2);
      const knownHead = mark === ': ' ? this.#whole(head, depth + 1) : undefined;
      const knownTail = this.#any(tail, depth + 1);

      if (knownHead !== undefined || knownTail !== undefined)
        return mark === ': ' ? this.#join(knownHead ?? head, knownTail ?? tail) : `${head}] ${knownTail}`;
    }
    return undefined;
  }

  #join(head, tail) {
    return format(this.#colon, head, tail);
  }

  #any(text, depth) {
    return text && depth < MOST_DEPTH ? this.#whole(text, depth) ?? this.#parts(text, depth) : undefined;
  }

  translate(text = '') {
    this.#looks = 0;
    return (this.#all.length > 0 && text.length <= MOST_CHARACTERS ? this.#any(text, 0) : undefined) ?? text;
  }
}
