// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a person reads of an upload or a group: the words of labels-LANG.json, put together as dbus/label.c and dbus/group-label.c do
// it (a test compares them). Pure: no page, no network.

const MOST_WAITING = 2;

// --- Plural forms ---

// Reads the rule of a catalogue, such as "nplurals=2; plural=(n != 1);": an expression of C over n. A page may not evaluate text as
// code, so here is what gettext has for it, by precedence.
const OPERATORS = [
  { '||': (a, b) => a || b },
  { '&&': (a, b) => a && b },
  { '==': (a, b) => a === b, '!=': (a, b) => a !== b },
  { '<=': (a, b) => a <= b, '>=': (a, b) => a >= b, '<': (a, b) => a < b, '>': (a, b) => a > b },
  { '+': (a, b) => a + b, '-': (a, b) => a - b },
  { '*': (a, b) => a * b, '/': (a, b) => Math.trunc(a / b), '%': (a, b) => a % b },
];

function parsePlural(rule) {
  const tokens = rule.replace(/^.*plural=/, '').match(/\d+|n|\|\||&&|[=!<>]=|[-+*/%<>!?:()]/g) ?? [];
  let next = 0;

  const primary = () => {
    const token = tokens[next++];

    if (token === '(') {
      const inner = ternary();

      next++;
      return inner;
    }
    if (token === '!') {
      const operand = primary();

      return n => Number(!operand(n));
    }
    return token === 'n' ? n => n : () => Number(token);
  };

  const binary = level => {
    if (level === OPERATORS.length)
      return primary();
    let left = binary(level + 1);
    while (Object.hasOwn(OPERATORS[level], tokens[next] ?? '')) {
      const run = OPERATORS[level][tokens[next++]];
      const first = left, second = binary(level + 1);

      left = n => Number(run(first(n), second(n)));
    }
    return left;
  };

  const ternary = () => {
    const condition = binary(0);

    if (tokens[next] !== '?')
      return condition;
    next++;
    const yes = ternary();
    next++;
    const no = ternary();
    return n => (condition(n) ? yes(n) : no(n));
  };

  return ternary();
}

// --- Messages ---

// Puts values in for %u and %s, one after the other, or by their numbers where a language has another order (%2$s).
export function format(message, ...values) {
  let next = 0;

  return message.replace(/%(?:(\d+)\$)?([us%])/g,
                         (_, place, what) => (what === '%' ? '%' : String(values[place ? place - 1 : next++])));
}

// File names and servers' words are anybody's. Control characters, marks that turn the direction of text around, and characters that
// nobody sees become U+FFFD, as in the command; scripts and emoji need the two joiners.
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

export function safe(text) {
  return String(text ?? '').replace(UNSAFE, c => (c === '\u200c' || c === '\u200d' ? c : '\ufffd'));
}

// The labels of a language. words: the content of labels-LANG.json.
export class Labels {
  #words;
  #plural;

  constructor(words) {
    this.#words = words;
    this.#plural = parsePlural(words.plural);
  }

  // forms: a message's plural forms, of which n chooses one.
  choose(forms, n) {
    return forms[Math.min(this.#plural(n), forms.length - 1)];
  }

  #count(forms, n) {
    return format(this.choose(forms, n), n);
  }

  title(state) {
    return this.#words.states[state]?.title ?? state;
  }

  // What Outbox does next, and what a person can do, of a reason or, without one, of a state.
  help(state, reason) {
    const { next, person } = this.#words.reasons[reason] ?? this.#words.states[state] ?? { next: '', person: '' };

    return { next, person };
  }

  // In the largest unit that fits at least once, rounded.
  #retry(delayMs, length) {
    const words = this.#words.retry[length];
    const seconds = Math.ceil(delayMs / 1000);
    const minutes = Math.floor((seconds + 30) / 60), hours = Math.floor((seconds + 1800) / 3600);

    if (seconds <= 0)
      return words.now;
    if (seconds < 60)
      return this.#count(words.seconds, seconds);
    if (minutes < 60)
      return this.#count(words.minutes, minutes);
    if (hours < 24)
      return this.#count(words.hours, hours);
    return this.#count(words.days, Math.floor((seconds + 43200) / 86400));
  }

  // Rounds up: a minute that has begun is not over before its end. null: the time is beyond the calendar.
  #until(untilMs, nowMs, length) {
    const words = this.#words.until;
    const until = new Date(Math.floor((untilMs + 59999) / 60000) * 60000), now = new Date(nowMs);
    const day = date => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86400000;
    const days = day(until) - day(now);
    const two = number => String(number).padStart(2, '0');
    const parts = { H: two(until.getHours()), M: two(until.getMinutes()), Y: String(until.getFullYear()).padStart(4, '0'),
                    m: two(until.getMonth() + 1), d: two(until.getDate()), '%': '%' };
    let pattern = words.later;

    if (Number.isNaN(days) || until.getFullYear() > 9999)
      return null;
    if (days <= 0)
      pattern = words.today;
    else if (days === 1)
      pattern = words.tomorrow;
    else if (days < 7)
      pattern = words.weekdays[(until.getDay() + 6) % 7];
    return format(words[length], pattern.replace(/%([HMYmd%])/g, (_, part) => parts[part]));
  }

  // Tells how an upload stands. length: "terminal", "notification" or "web".
  status({ state, reason = '', until = 0, offset = 0, size = 0, rung = '' }, nowMs, length = 'terminal') {
    const words = this.#words.states[state];
    const hasTime = reason === 'schedule' || reason === 'not-before';

    if (!words)
      return state;
    // Rounds down, so that 100 % is not shown before the server has the last byte.
    if (state === 'uploading')
      return format(words[length], size > 0 ? Math.floor(Math.min(offset, size) * 100 / size) : 0);
    if (state === 'retrying' && until > 0)
      return this.#retry(until - nowMs, length);
    if (state === 'paused' && hasTime && until > nowMs)
      return this.#until(until, nowMs, length) ?? this.#words.reasons[reason][length];
    if (['paused', 'failed', 'saving'].includes(state) || (state === 'confirming' && reason === 'server-working'))
      return this.#words.reasons[reason]?.[length] ?? words[length];
    // Of what is done, it says what the server has confirmed.
    return (state === 'done' && this.#words.rungs?.[rung]?.[length]) || words[length];
  }

  // --- Groups ---

  // What moves comes before what waits by itself, and that before what needs a person.
  static #chooseHead(states, reasons) {
    const order = ['uploading', 'saving', 'confirming', 'queued', 'retrying', 'paused', 'failed'];
    const state = order.find(name => states[name] > 0) ?? 'done';
    const first = Object.keys(reasons).find(name => reasons[name] > 0);

    return { state, reason: state === 'paused' && first && reasons[first] === states.paused ? first : '' };
  }

  #head({ state, reason }, states, all, until, nowMs, length) {
    const words = this.#words.group;
    const failed = states.failed ?? 0, done = states.done ?? 0;

    if (state === 'uploading')
      return format(words.uploading, done, all);
    if (state === 'saving')
      return format(words.saving, all - states.saving + 1, all);
    if (state === 'confirming' || state === 'done')
      return all > 0 ? format(this.choose(words.uploaded, all), done, all) : words.empty;
    if (state === 'failed' && length === 'terminal')
      return format(this.choose(words.failed, failed), failed, all);
    if (length === 'notification' && state !== 'retrying')
      return this.title(state);
    return this.status({ state, reason: state === 'failed' ? '' : reason, until: state === 'retrying' ? until : 0 }, nowMs,
                        length === 'notification' ? 'terminal' : length);
  }

  #waiting(head, states, reasons, isSentence) {
    const parts = [];
    const count = name => {
      if (name === 'retrying')
        return head.state === 'retrying' ? 0 : states.retrying ?? 0;
      if (name === 'not-confirmed-yet')
        return head.state === 'confirming' ? states.confirming : 0;
      return name !== head.reason || isSentence ? reasons[name] ?? 0 : 0;
    };

    if (states.failed > 0 && (head.state !== 'failed' || isSentence))
      parts.push(this.#count(this.#words.group.need_you, states.failed));
    // The catalogue has the reasons in the order in which a person should hear of them.
    for (const [name, words] of Object.entries(this.#words.reasons))
      if (parts.length < MOST_WAITING && words.waiting && count(name) > 0)
        parts.push(this.#count(words.waiting, count(name)));
    return parts;
  }

  // Tells how a group stands. states, reasons: how many of its uploads are in which state, and wait first for which reason.
  group({ states = {}, reasons = {}, until = 0 }, nowMs, length = 'terminal') {
    const words = this.#words.group;
    const isSentence = length === 'notification';
    const all = Object.values(states).reduce((sum, n) => sum + n, 0);
    // A group's document counts the reasons of those that retry too; they are told by their state.
    const paused = Object.fromEntries(Object.keys(this.#words.reasons).filter(name => name !== 'retrying' && reasons[name] > 0)
                                         .map(name => [name, reasons[name]]));
    const head = Labels.#chooseHead(states, paused);
    const parts = [this.#head(head, states, all, until, nowMs, length)];

    if (length !== 'web') {
      if (!['uploading', 'saving', 'confirming', 'done'].includes(head.state) && states.done > 0)
        parts.push(format(this.choose(words.uploaded, all), states.done, all));
      parts.push(...this.#waiting(head, states, paused, isSentence));
    }
    return isSentence ? parts.map(part => format(words.sentence, part)).join('').trimEnd() : parts.join(words.separator);
  }
}
