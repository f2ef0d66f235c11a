// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Text that comes from outside, sizes and times as a person reads them, and elements. Nothing here makes markup of text: the page has
// no way to do so, since its policy (Trusted Types) refuses it.

import { safe } from './labels.js';

export { safe };

let language = 'en';

export function setLanguage(name) {
  language = name;
}

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte', 'petabyte'];

export function formatSize(bytes) {
  let size = Math.max(bytes, 0), unit = 0;

  while (size >= 999.95 && unit < UNITS.length - 1) {
    size /= 1000;
    unit++;
  }
  return new Intl.NumberFormat(language, {
    style: 'unit', unit: UNITS[unit], unitDisplay: unit === 0 ? 'long' : 'short',
    minimumFractionDigits: unit === 0 ? 0 : 1, maximumFractionDigits: unit === 0 ? 0 : 1,
  }).format(size);
}

export function formatTime(ms) {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(ms));
}

// Makes an element. properties: set as they are; "on…" listens, "data-…", "aria-…" and "role" are attributes. children: elements and
// texts; null is left out.
export function h(name, properties = {}, ...children) {
  const element = document.createElement(name);

  for (const [key, value] of Object.entries(properties))
    if (key.startsWith('on'))
      element.addEventListener(key.slice(2), value);
    else if (key.includes('-') || key === 'role')
      element.setAttribute(key, value);
    else
      element[key] = value;
  element.append(...children.flat(Infinity).filter(child => child !== null && child !== undefined));
  return element;
}

// Text from outside, which keeps its direction to itself.
export function outside(text, className = '') {
  return h('bdi', { className, textContent: safe(text) });
}

// Sets the text where it is another, so that a screen reader hears of changes alone.
export function setText(element, text) {
  if (element.textContent !== text)
    element.textContent = text;
}

// The same for a text from outside; nothing where there is none.
export function setOutside(element, text) {
  if (element.textContent !== safe(text))
    element.replaceChildren(...(text ? [outside(text)] : []));
}

// Has the children of a list be those of items, in their order, and keeps the element of each that stays: with it the person's focus
// and what they have opened. make(item): an element with an update(item).
export function reconcile(list, items, key, make) {
  const kept = new Map([...list.children].map(child => [child.dataset.key, child]));
  let place = list.firstElementChild;

  for (const item of items) {
    let element = kept.get(key(item));

    if (!element) {
      element = make(item);
      element.dataset.key = key(item);
    }
    kept.delete(key(item));
    element.update(item);
    if (element === place)
      place = place.nextElementSibling;
    else
      list.insertBefore(element, place);
  }
  for (const element of kept.values())
    removeChild(list, element);
}

const FOCUSABLE = 'button, summary, input, select, textarea';

// The focus of somebody without a mouse goes to what is beside, and not to the top of the page.
function removeChild(list, element) {
  const beside = element.nextElementSibling ?? element.previousElementSibling;
  const hadFocus = element.contains(document.activeElement);

  element.remove();
  if (!hadFocus)
    return;
  const next = beside?.matches(FOCUSABLE) ? beside : beside?.querySelector(FOCUSABLE);

  if (!next)
    list.tabIndex = -1;
  (next ?? list).focus();
}
