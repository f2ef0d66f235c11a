// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a person does: each command goes by its button, which is off until the answer is here, and keeps the focus. A refusal is told in the broker's words.
import { Problem } from './api.js';
import { safe } from './text.js';
import { _, say } from './words.js';

// The body of a request has room for so many ids.
const IDS_MOST = 1000;

export class Commands {
  #api;
  #tell;
  #over;
  #changed;

  // tell(text, isBad); over(problem): the session is; changed(): the broker has obeyed.
  constructor(api, { tell, over, changed }) {
    this.#api = api;
    this.#tell = tell;
    this.#over = over;
    this.#changed = changed;
  }

  // Does something by a button. Returns: what work() gave; undefined where it failed, which is told then.
  async by(button, work) {
    if (button.getAttribute('aria-disabled') === 'true')
      return undefined;
    button.setAttribute('aria-disabled', 'true');
    try {
      const result = await work();

      this.#tell('');
      this.#changed();
      return result;
    } catch (error) {
      if (error instanceof Problem && error.isOfSession)
        this.#over(error);
      else
        this.#tell(error instanceof Problem ? safe(say(error.message)) : _('The service does not answer.'), true);
      return undefined;
    } finally {
      button.removeAttribute('aria-disabled');
    }
  }

  run(button, method, path, body) {
    return this.by(button, () => this.#api.ask(method, path, body));
  }

  // The same command for many uploads. command: as in the path, or "remove". list(): their ids.
  runMany(button, command, list) {
    return this.by(button, async () => {
      const ids = await list();

      for (let i = 0; i < ids.length; i += IDS_MOST)
        await this.#api.post(`/v1/uploads/${command}`, { ids: ids.slice(i, i + IDS_MOST) });
    });
  }
}
