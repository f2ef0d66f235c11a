// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The page's copy of the queue: what was listed, and what the stream has told since. It tells the view when something is other than
// before; it draws nothing.

// More uploads than these are not listed at once; the counts are always of all.
const LISTED_FIRST = 200;
const LISTED_MORE = 500;
const GROUPS_MOST = 500;

// Of what has arrived in view, so many stay.
const ARRIVED_MOST = 20;

// Counts and groups are asked for anew when uploads have changed, but not more often.
const COUNT_EVERY_MS = 1000;

// Holds, apps and the network change without an upload's changing.
const LOOK_EVERY_MS = 30000;

export class Model extends EventTarget {
  uploads = new Map();
  holds = [];
  groups = [];
  apps = [];
  destinations = [];
  summary = {};
  conditions = {};
  policy = {};

  // "unfinished", "all", or a state; of one group, where there is one.
  which = 'unfinished';
  group = null;
  hasMore = false;
  isLoaded = false;

  #api;
  #listed = LISTED_FIRST;
  #isAsking = new Set();
  #again = new Set();
  #touched = new Set();
  #timer = 0;
  #looks = 0;

  constructor(api) {
    super();
    this.#api = api;
    this.#looks = setInterval(() => this.look(), LOOK_EVERY_MS);
  }

  stop() {
    clearInterval(this.#looks);
    clearTimeout(this.#timer);
  }

  #tell() {
    this.dispatchEvent(new Event('change'));
  }

  // One question of a kind at a time: what is asked meanwhile is asked once more when the answer is here, since that may be older.
  async #once(kind, ask) {
    if (this.#isAsking.has(kind)) {
      this.#again.add(kind);
      return;
    }
    this.#isAsking.add(kind);
    try {
      do {
        this.#again.delete(kind);
        await ask();
        this.#tell();
      } while (this.#again.has(kind));
    } catch (error) {
      this.dispatchEvent(new CustomEvent('trouble', { detail: error }));
    } finally {
      this.#isAsking.delete(kind);
    }
  }

  get #query() {
    const query = new URLSearchParams({ limit: 200 });

    if (this.which === 'unfinished')
      query.set('unfinished', 'true');
    else if (this.which !== 'all')
      query.set('state', this.which);
    if (this.group) {
      query.set('group', this.group.key);
      query.set('group_app', this.group.app ?? '');
    }
    return query.toString();
  }

  // The list and the stream come by connections of their own: what the stream has told since the list was asked for is newer. What
  // has arrived while the person looked on stays in view until they look away; of much, the last of it.
  #loadUploads() {
    return this.#once('uploads', async () => {
      const query = this.#query;

      this.#touched.clear();
      const { items, isWhole } = await this.#api.list(`/v1/uploads?${query}`, 'uploads', this.#listed);

      if (query !== this.#query)
        return;
      const kept = [...this.uploads.values()].filter(upload => this.#touched.has(upload.id) || this.#hasArrived(upload));
      const listed = items.filter(({ id }) => !this.#touched.has(id));

      this.uploads = new Map([...kept, ...listed].map(upload => [upload.id, upload]));
      this.#forgetArrived();
      this.hasMore = !isWhole;
      this.isLoaded = true;
    });
  }

  #loadCounts() {
    return this.#once('counts', async () => {
      const [summary, groups] = await Promise.all([
        this.#api.get('/v1/summary'), this.#api.list('/v1/groups', 'groups', GROUPS_MOST)]);

      this.summary = summary;
      this.groups = groups.items;
    });
  }

  // What is around the queue: who asks to be let in, the network, the servers.
  look() {
    return this.#once('around', async () => {
      const [holds, apps, conditions, destinations, policy] = await Promise.all(
        ['holds', 'apps', 'conditions', 'destinations', 'policy'].map(name => this.#api.get(`/v1/${name}`)));

      this.holds = holds.holds;
      this.apps = apps.apps;
      this.conditions = conditions;
      this.destinations = destinations.destinations;
      this.policy = policy;
    });
  }

  load() {
    return Promise.all([this.#loadUploads(), this.#loadCounts(), this.look()]);
  }

  show(which, group) {
    this.which = which;
    this.group = group;
    this.#listed = LISTED_FIRST;
    this.uploads = new Map();
    return this.#loadUploads();
  }

  showMore() {
    this.#listed += LISTED_MORE;
    return this.#loadUploads();
  }

  #hasArrived({ state }) {
    return state === 'done' && this.which !== 'all' && this.which !== 'done';
  }

  #forgetArrived() {
    const arrived = [...this.uploads.values()].filter(upload => this.#hasArrived(upload)).sort((a, b) => b.done_at - a.done_at);

    for (const { id } of arrived.slice(ARRIVED_MOST))
      this.uploads.delete(id);
  }

  #countSoon() {
    this.#timer ||= setTimeout(() => {
      this.#timer = 0;
      this.#loadCounts();
      this.#forgetArrived();
      if (this.#isThin)
        this.#loadUploads();
    }, COUNT_EVERY_MS);
  }

  // What a hold covers changes with it, and is not told one by one.
  #takeHolds(holds) {
    this.holds = holds;
    this.#loadUploads();
    this.look();
  }

  #belongs({ state, group, group_app: app = '' }) {
    return (this.which === 'all' || (this.which === 'unfinished' ? state !== 'done' : state === this.which))
           && (!this.group || (group === this.group.key && app === (this.group.app ?? '')));
  }

  // A list that is full gets no longer by itself: the rest is behind "Show more".
  #take(upload) {
    const isFull = this.hasMore || this.uploads.size >= this.#listed;

    if (this.uploads.has(upload.id) || (!isFull && this.#belongs(upload)))
      this.uploads.set(upload.id, upload);
    else if (isFull && this.#belongs(upload))
      this.hasMore = true;
  }

  // What is listed has gone on, and there is more of its kind.
  get #isThin() {
    return this.hasMore && [...this.uploads.values()].filter(upload => this.#belongs(upload)).length < this.#listed / 2;
  }

  apply({ uploads = [], removed = [], holds = null }) {
    for (const upload of uploads)
      this.#take(upload);
    for (const id of removed)
      this.uploads.delete(id);
    for (const id of [...uploads.map(upload => upload.id), ...removed])
      this.#touched.add(id);
    if (holds)
      this.#takeHolds(holds);
    this.#countSoon();
    this.#tell();
  }

  event(name, data) {
    if (name === 'ready')
      this.load();
    else if (name === 'changes')
      this.apply(data);
    else if (name === 'apps')
      this.look();
  }

  // In the order of the command's list: ids sort by the time at which they were made.
  list() {
    return [...this.uploads.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  count(state) {
    const [uploads, bytes] = this.summary[state] ?? [0, 0];

    return { uploads, bytes };
  }

  hasHold(reason) {
    return this.holds.some(hold => hold.reason === reason);
  }

  get isPaused() {
    return this.hasHold('queue');
  }

  // All is here that the answer rests on.
  get isKnown() {
    return this.isLoaded && this.summary.all !== undefined && this.conditions.now !== undefined;
  }

  // The web apps that ask to be let in.
  get asking() {
    return this.apps.filter(app => app.state === 'waiting' && app.until > Date.now());
  }
}
