// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The parts of the page below the answer, of which one is shown at a time.
import { h, setText } from './text.js';
import { _ } from './words.js';

export class Nav {
  #parts;
  #shown;

  // parts: [{ title, views, count(model): a number beside its title, 0 for none; needsYou(model) }]
  constructor(parts) {
    this.#parts = parts.map(part => ({
      ...part, button: h('button', { type: 'button', className: 'part', onclick: () => this.show(part.title) }),
      body: h('div', { hidden: true }, part.views.map(view => view.element)),
    }));
    this.element = h('nav', { 'aria-label': _('Parts of this page') }, this.#parts.map(({ button }) => button));
    this.bodies = this.#parts.map(({ body }) => body);
    this.show(parts[0].title);
  }

  show(title) {
    this.#shown = this.#parts.find(part => part.title === title);
    for (const part of this.#parts) {
      part.body.hidden = part !== this.#shown;
      if (part === this.#shown)
        part.button.setAttribute('aria-current', 'page');
      else
        part.button.removeAttribute('aria-current');
    }
    this.#drawShown();
  }

  #drawShown() {
    if (this.model)
      for (const view of this.#shown.views)
        view.draw(this.model);
  }

  draw(model) {
    this.model = model;
    for (const { button, title, count, needsYou } of this.#parts) {
      const n = count?.(model) ?? 0;

      setText(button, n > 0 ? `${title} ${n}` : title);
      button.classList.toggle('bad', needsYou?.(model) ?? false);
    }
    this.#drawShown();
  }
}
