// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A person before the shell: reads what is on the screen, points and clicks. Evaluated in a real GNOME Shell of any version, once.
const { Clutter, GLib, St } = imports.gi;
const UUID = 'outbox@outbox.org';
const settings = Main.panel.statusArea.quickSettings;
// Shells since 51 have the first one alone.
const backend = global.stage.get_context?.().get_backend?.() ?? Clutter.get_default_backend();
const pointer = backend.get_default_seat().create_virtual_device(Clutter.InputDeviceType.POINTER_DEVICE);

// On a slow machine a click is not heard at once, and a second one takes a first one of a toggle back.
const PATIENCE_US = 5000000;

const find = (actor, is) => (is(actor) ? actor : actor.get_children().map(child => find(child, is)).find(found => found) ?? null);
const pass = ms => new Promise(resolve => GLib.timeout_add(GLib.PRIORITY_DEFAULT, ms, () => {
  resolve();
  return GLib.SOURCE_REMOVE;
}));
const isShown = actor => actor.visible && actor.mapped;

global.outboxTest = {
  // In the panel: what a screen reader says of the icon; '' where there is none.
  icon() {
    const icon = find(settings._indicators, ({ accessible_name: name }) => name?.startsWith('Outbox'));

    return icon && icon.visible ? icon.accessible_name : '';
  },

  get toggle() {
    return settings.menu._grid.get_children().find(({ accessible_name: name, menu }) => menu && name?.startsWith('Outbox'));
  },

  // How many there are that no other shell has.
  count() {
    return settings.menu._grid.get_children().length + settings.menu._overlay.get_children().length + settings._indicators.get_children().length;
  },

  open() {
    settings.menu.open();
    this.toggle?.menu.open();
  },

  close() {
    settings.menu.close();
  },

  // Every text of the menu that can be read now.
  texts(actor = this.toggle.menu.actor) {
    if (!isShown(actor))
      return [];
    const own = typeof actor.text === 'string' ? [actor.text] : [];

    return [...own, ...actor.get_children().flatMap(child => this.texts(child))];
  },

  // What shows the text of a button.
  word(text) {
    return find(this.toggle.menu.actor, actor => isShown(actor) && actor.text === text);
  },

  // null: it is nowhere yet. A pointer that is sent to no number makes the shell complain of its own drawing.
  middle(actor) {
    if (!actor)
      return null;
    const [x, y] = actor.get_transformed_position(), [width, height] = actor.get_transformed_size();
    const place = [x + width / 2, y + height / 2];

    return place.every(Number.isFinite) ? place : null;
  },

  // Moves the pointer there, as a hand does. Returns: whether the place is where it was when this was asked before, since the menu has been
  // laid out, and the pointer is there: since 51 it comes in its own time, first down and then across.
  seen: '',
  reach(place) {
    const seen = JSON.stringify(place), isSame = place !== null && seen === this.seen;
    const isThere = isSame && global.get_pointer().slice(0, 2).every((at, i) => Math.abs(at - place[i]) < 2);

    this.seen = seen;
    if (isSame && !isThere)
      pointer.notify_absolute_motion(GLib.get_monotonic_time(), ...place);
    return isThere;
  },

  // Moves the pointer to a button and presses it, and again after a while in which it was not clicked, since the menu was laid out anew
  // meanwhile: as a person does who sees nothing happen. Where it is gone after that, it was another of the same word, which had come under
  // the pointer. actor: the button, or its word; null: not there yet, or gone. Returns: whether it was clicked, once
  pressedUs: 0,
  isClicked: false,
  click(actor) {
    const nowUs = GLib.get_monotonic_time();

    if (this.isClicked || (this.pressedUs > 0 && !actor)) {
      this.isClicked = false;
      this.pressedUs = 0;
      return true;
    }
    if (nowUs < this.pressedUs + PATIENCE_US || !this.reach(this.middle(actor)))
      return false;
    const button = actor instanceof St.Button ? actor : actor.get_parent();
    const id = button.connect('clicked', () => {
      button.disconnect(id);
      this.isClicked = true;
    });

    this.pressedUs = nowUs;
    pointer.notify_button(nowUs, Clutter.BUTTON_PRIMARY, Clutter.ButtonState.PRESSED);
    pointer.notify_button(nowUs + 1000, Clutter.BUTTON_PRIMARY, Clutter.ButtonState.RELEASED);
    return false;
  },

  // What notifications say.
  notices() {
    return Main.messageTray.getSources().flatMap(source => source.notifications).map(({ title, body, bannerBodyText }) => ({
      title, body: body ?? bannerBodyText }));
  },

  clickNotice(title) {
    Main.messageTray.getSources().flatMap(source => source.notifications).find(notice => notice.title === title).activate();
  },

  // Pages that would be opened in a browser.
  opened: '',
  watchPages() {
    imports.gi.Gio.AppInfo.launch_default_for_uri_async = url => {
      this.opened = url;
    };
  },

  // Off and on again, so many times, with a moment in which its files are read and its questions begin. Some are cut short, and of some the
  // menu is opened.
  rounds: 0,
  async turnOffAndOn(times) {
    const extension = Main.extensionManager.lookup(UUID).stateObj;

    this.rounds = 0;
    for (let i = 0; i < times; i++) {
      extension.disable();
      extension.enable();
      if (i % 10 !== 0 || i === times - 1)
        await pass(10);
      if (i % 5 === 1) {
        this.open();
        await pass(10);
        this.close();
      }
      this.rounds++;
    }
  },

  // What its scripts hold, in bytes, once everything is collected that can be: an actor's own end comes after that of its script's object,
  // and lets others go.
  held: 0,
  async collect(path) {
    this.held = 0;
    for (let i = 0; i < 3; i++) {
      imports.system.gc();
      await pass(50);
    }
    imports.system.dumpMemoryInfo(path);
    const [, bytes] = GLib.file_get_contents(path);
    const { zone } = JSON.parse(new TextDecoder().decode(bytes).replace(/[^]*```json|```[^]*/g, ''));

    this.held = zone.gcBytes + zone.mallocBytes;
  },
};
