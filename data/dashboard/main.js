// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Begins the page: the words, the session, the model that follows the broker, and the views that draw it.
import { Api, Problem } from './api.js';
import { Model } from './model.js';
import { beginSession, forgetSession } from './session.js';
import { h, safe, setText } from './text.js';
import { AnswerView } from './view-answer.js';
import { AppsView, QuestionsView } from './view-apps.js';
import { confirm, DestinationsView, JournalView, RulesView } from './view-around.js';
import { HoldsView } from './view-holds.js';
import { GroupsView, UploadsView } from './view-uploads.js';
import { loadWords, _ } from './words.js';

const main = document.getElementById('main');
const connection = document.getElementById('connection');
const told = document.getElementById('told');

function tell(text, isBad = false) {
  told.replaceChildren(text);
  told.classList.toggle('bad', isBad);
}

// Ends what runs for the session.
let stop = () => {};

function showEnd() {
  stop();
  forgetSession();
  document.getElementById('queue-commands').replaceChildren();
  setText(connection, '');
  main.replaceChildren(h('section', { className: 'end' },
    h('h2', { textContent: _('Open the dashboard from your device') }),
    h('p', { textContent: _('This window has no session, or its session is over. This command opens a new one:') }),
    h('p', {}, h('code', { textContent: 'outbox dashboard' })),
    h('p', { className: 'quiet', textContent: _('What was handed over is not touched by that: it is kept, and goes on.') })));
}

// --- What a person does ---

// Runs a command by its button, which is off until the answer is here. A refusal is told in the broker's words.
function makeRun(api, model) {
  return async (button, method, path, body) => {
    button.disabled = true;
    try {
      await api.ask(method, path, body);
      tell('');
      model.load();
    } catch (error) {
      if (error instanceof Problem && error.isOfSession)
        showEnd();
      else
        tell(error instanceof Problem ? safe(error.message) : _('The broker does not answer.'), true);
    } finally {
      button.disabled = false;
    }
  };
}

function makeQueueCommand(run) {
  const button = h('button', { type: 'button', onclick: () => run(button, 'POST', button.dataset.path) });

  button.draw = model => {
    button.dataset.path = model.isPaused ? '/v1/queue/resume' : '/v1/queue/pause';
    setText(button, model.isPaused ? _('Resume the queue') : _('Pause the queue'));
  };
  return button;
}

// The window of a device that others use too.
function makeSignOut(api) {
  return h('p', { className: 'around' }, h('button', {
    type: 'button', textContent: _('End this session'), onclick: () => api.delete('/v1/dashboard/session').then(showEnd, showEnd),
  }));
}

// --- Drawing ---

const COUNTDOWN_MS = 1000;
const DRAW_AFTER_MS = 50;

// Many changes of one moment are drawn once; and also in a window behind others, which a person comes back to.
function makeDraw(model, parts) {
  let isWanted = false;

  return () => {
    if (isWanted)
      return;
    isWanted = true;
    setTimeout(() => {
      isWanted = false;
      for (const part of parts)
        part.draw(model);
    }, DRAW_AFTER_MS);
  };
}

// The words of the views are chosen when they are made: after loadWords().
function build(api, model) {
  const run = makeRun(api, model);
  const command = makeQueueCommand(run);
  const views = [new QuestionsView(run), new AnswerView(which => model.show(which)), new HoldsView(run), new GroupsView(run),
                 new UploadsView({ api, run, confirm, showMore: () => model.showMore() }), new DestinationsView(run), new AppsView(run, confirm),
                 new RulesView(), new JournalView(api)];

  document.getElementById('queue-commands').append(command);
  main.replaceChildren(...views.map(view => view.element), makeSignOut(api));
  return [...views, command];
}

async function begin() {
  document.documentElement.lang = await loadWords(navigator.languages);
  const token = await beginSession();

  if (!token) {
    showEnd();
    return;
  }
  const api = new Api(token);
  const model = new Model(api);
  const draw = makeDraw(model, build(api, model));

  stop = () => {
    api.stop();
    model.stop();
  };
  model.addEventListener('change', draw);
  model.addEventListener('trouble', ({ detail }) => {
    if (detail instanceof Problem && detail.isOfSession)
      showEnd();
  });
  // "In 2 min" becomes "in 1 min" without an event.
  setInterval(draw, COUNTDOWN_MS);
  api.follow({
    event: (name, data) => model.event(name, data),
    connected: () => {
      setText(connection, _('Live'));
      connection.className = 'good';
    },
    lost: () => {
      setText(connection, _('The broker is gone; what it had is safe. Trying again …'));
      connection.className = 'bad';
    },
    over: showEnd,
  });
}

begin().catch(error => tell(String(error), true));
