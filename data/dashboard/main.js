// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Begins the page: the words, the session, the model that follows the broker, and the views that draw it.
import { Api, Problem } from './api.js';
import { Commands } from './commands.js';
import { Model } from './model.js';
import { Nav } from './nav.js';
import { beginSession, endWithWindow } from './session.js';
import { h, setText } from './text.js';
import { AnswerView } from './view-answer.js';
import { AppsView, QuestionsView } from './view-apps.js';
import { DestinationsView } from './view-destinations.js';
import { GroupsView } from './view-groups.js';
import { HoldsView } from './view-holds.js';
import { LogView } from './view-log.js';
import { RulesView } from './view-rules.js';
import { StorageView } from './view-storage.js';
import { UploadsView } from './view-uploads.js';
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

// What ended the session, or why there is none.
function explainEnd(why) {
  switch (why) {
    case 'none':
      return _('The session is only in the memory of its page, so that nothing else can use it: a page that was loaded again has none.');
    case 'refused':
      return _('This address has already been used, or is older than a minute.');
    case 'restart':
      return _('The service has been restarted, and its sessions ended with it.');
    case 'signed-out':
      return _('The session has ended. You can close this window.');
    default:
      return _('The session has ended: its address was opened a second time, or nobody has used it for twelve hours.');
  }
}

function showEnd(why) {
  stop();
  document.getElementById('queue-commands').replaceChildren();
  setText(connection, '');
  tell('');
  main.replaceChildren(h('section', { className: 'end' },
    h('h2', { textContent: _('Open the dashboard from your device') }),
    h('p', { textContent: explainEnd(why) }),
    h('p', { textContent: _('This command opens a new one:') }),
    h('p', {}, h('code', { textContent: 'outbox dashboard' })),
    h('p', { className: 'quiet', textContent: _('Files that were added are not touched by that: they are kept, and sent.') })));
  main.focus();
}

function showEndOf(problem) {
  showEnd(problem.isOfAnother ? 'restart' : 'over');
}

// --- What a person does ---

function makeQueueCommand(commands) {
  const button = h('button', { type: 'button', onclick: () => commands.run(button, 'POST', button.dataset.path) });

  button.draw = model => {
    button.dataset.path = model.isPaused ? '/v1/queue/resume' : '/v1/queue/pause';
    setText(button, model.isPaused ? _('Resume the queue') : _('Pause the queue'));
  };
  return button;
}

// The window of a device that others use too.
function makeSignOut(api) {
  return h('p', { className: 'around' }, h('button', {
    type: 'button', textContent: _('End this session'), onclick: () => api.delete('/v1/dashboard/session').catch(() => {}).then(() => showEnd('signed-out')),
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

// The parts of the page below the answer. tools: { api, commands, model, showGroup }
function makeNav(tools) {
  const { model } = tools;
  const uploads = _('Uploads');
  const inTrouble = () => model.destinations.filter(each => each.needs_user).length;
  const nav = new Nav([
    { title: uploads, views: [new HoldsView(tools), new UploadsView(tools)],
      count: () => model.count('all').uploads - model.count('done').uploads },
    { title: _('Groups'), views: [new GroupsView(tools)], count: () => model.groups.filter(({ state }) => state !== 'done').length },
    { title: _('Destinations'), views: [new DestinationsView(tools)], count: inTrouble, needsYou: () => inTrouble() > 0 },
    { title: _('Rules'), views: [new RulesView()], needsYou: () => Boolean(model.policy.problem) },
    { title: _('Storage'), views: [new StorageView()], needsYou: () => model.hasHold('storage') || model.count('unclaimed').uploads > 0 },
    { title: _('Web apps'), views: [new AppsView(tools)] },
    { title: _('Log'), views: [new LogView(tools)] },
  ]);

  tools.showGroup = group => {
    model.show('all', group);
    nav.show(uploads);
  };
  return nav;
}

// The words of the views are chosen when they are made: after loadWords().
function build(api, model, commands) {
  const command = makeQueueCommand(commands);
  const questions = new QuestionsView({ commands }), answer = new AnswerView();
  const nav = makeNav({ api, model, commands });

  document.getElementById('queue-commands').append(command);
  main.replaceChildren(questions.element, answer.element, nav.element, ...nav.bodies, makeSignOut(api));
  return [questions, answer, nav, command];
}

// The keys by which a person asks a page for what is new: here the broker is asked, since loading the page again would end the session.
// With Shift they load it again all the same.
function answerReloadKeys(model) {
  const onKey = event => {
    const { key, ctrlKey, shiftKey, altKey } = event;

    if (shiftKey || altKey || (key !== 'F5' && !(ctrlKey && key === 'r')))
      return;
    event.preventDefault();
    model.load().then(() => tell(_('The service was asked again.')));
  };

  addEventListener('keydown', onKey);
  return () => removeEventListener('keydown', onKey);
}

async function begin() {
  document.documentElement.lang = await loadWords(navigator.languages);
  const { token, why } = await beginSession();

  if (!token) {
    showEnd(why);
    return;
  }
  const api = new Api(token);
  const model = new Model(api);
  const commands = new Commands(api, { tell, over: showEndOf, changed: () => model.load() });
  const draw = makeDraw(model, build(api, model, commands));

  endWithWindow(api);

  // "In 2 min" becomes "in 1 min" without an event.
  const countdown = setInterval(draw, COUNTDOWN_MS);
  const leaveKeys = answerReloadKeys(model);

  stop = () => {
    clearInterval(countdown);
    leaveKeys();
    api.stop();
    model.stop();
  };
  model.addEventListener('change', draw);
  model.addEventListener('trouble', ({ detail }) => {
    if (detail instanceof Problem && detail.isOfSession)
      showEndOf(detail);
  });
  api.follow({
    event: (name, data) => model.event(name, data),
    connected: () => {
      setText(connection, _('Live'));
      connection.className = 'good';
    },
    lost: () => {
      setText(connection, _('The service is not there; its files are safe. Trying again …'));
      connection.className = 'bad';
    },
    over: showEndOf,
  });
}

begin().catch(error => tell(String(error), true));
