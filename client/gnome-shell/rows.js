// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The rows of the menu. Each has an actor, and a draw() that changes what is other than before. Text is never markup.
import Atk from 'gi://Atk';
import Clutter from 'gi://Clutter';
import Pango from 'gi://Pango';
import St from 'gi://St';

// St.BoxLayout names its direction by another property in each version of the shell.
function makeBox(orientation, properties = {}) {
  return new St.Widget({ layout_manager: new Clutter.BoxLayout({ orientation, spacing: 4 }), x_expand: true, ...properties });
}

function makeLabel(styleClass, properties) {
  const label = new St.Label({ style_class: styleClass, x_expand: true, y_align: Clutter.ActorAlign.CENTER });

  label.clutter_text.set({ use_markup: false, ...properties });
  return label;
}

const WRAPPED = { line_wrap: true, line_wrap_mode: Pango.WrapMode.WORD_CHAR, ellipsize: Pango.EllipsizeMode.NONE };

function setText(label, text) {
  if (label.text !== text)
    label.text = text;
  label.visible = text !== '';
}

// A menu's item that does nothing itself: its buttons do.
function makeItem({ PopupMenu }, child) {
  const item = new PopupMenu.PopupBaseMenuItem({ activate: false, hover: false, can_focus: false });

  item.add_child(child);
  return item;
}

// One text over the whole width.
export class TextRow {
  #label;

  constructor(shell, styleClass) {
    this.#label = makeLabel(styleClass, WRAPPED);
    this.item = makeItem(shell, this.#label);
  }

  draw(text) {
    setText(this.#label, text);
    this.item.visible = text !== '';
  }
}

// Two shades: what the servers have confirmed, and what is on its way to them.
class Bar {
  #confirmed = 0;
  #sent = 0;

  constructor() {
    this.actor = new St.DrawingArea({ style_class: 'outbox-bar', x_expand: true, accessible_role: Atk.Role.PROGRESS_BAR });
    this.actor.connect('repaint', () => this.#repaint());
  }

  set(confirmed, sent) {
    if (confirmed === this.#confirmed && sent === this.#sent)
      return;
    this.#confirmed = confirmed;
    this.#sent = sent;
    this.actor.queue_repaint();
  }

  #repaint() {
    const [width, height] = this.actor.get_surface_size();
    const { red, green, blue } = this.actor.get_theme_node().get_foreground_color();
    const isRtl = this.actor.get_text_direction() === Clutter.TextDirection.RTL;
    const cr = this.actor.get_context();
    const fill = (share, alpha) => {
      cr.setSourceRGBA(red / 255, green / 255, blue / 255, alpha);
      cr.rectangle(isRtl ? width * (1 - share) : 0, 0, width * share, height);
      cr.fill();
    };

    fill(1, 0.2);
    fill(this.#sent, 0.3);
    fill(this.#confirmed, 1);
    cr.$dispose();
  }
}

// A title, a label, a bar where it has one, and a button where one helps.
export class Row {
  #title = makeLabel('outbox-title', { ellipsize: Pango.EllipsizeMode.END });
  #label = makeLabel('outbox-label', WRAPPED);
  // All of what a button says is read before it is pressed.
  #word = makeLabel('', { ellipsize: Pango.EllipsizeMode.NONE });
  #button = new St.Button({ style_class: 'button outbox-button', can_focus: true, y_align: Clutter.ActorAlign.CENTER, child: this.#word });
  #bar;
  #help = null;
  #isGone = false;

  // press(call, row): its button was.
  constructor(shell, { hasBar = false, press }) {
    const column = makeBox(Clutter.Orientation.VERTICAL), line = makeBox(Clutter.Orientation.HORIZONTAL);

    this.#bar = hasBar ? new Bar() : null;
    line.add_child(this.#title);
    line.add_child(this.#button);
    for (const actor of [line, this.#bar?.actor, this.#label])
      if (actor)
        column.add_child(actor);
    this.#button.connect('clicked', () => press(this.#help.call, this));
    this.item = makeItem(shell, column);
    this.item.connect('destroy', () => {
      this.#isGone = true;
    });
  }

  // Its button is off until it is known what became of it. The row may be gone by then.
  setBusy(isBusy) {
    if (!this.#isGone)
      this.#button.reactive = !isBusy;
  }

  draw({ title, label, help, confirmed = 0, sent = 0 }) {
    // What has no name stands beside its button itself.
    setText(this.#title, title || label);
    setText(this.#label, title ? label : '');
    this.#bar?.set(confirmed, sent);
    if (this.#bar)
      this.#bar.actor.accessible_name = `${title}: ${Math.floor(confirmed * 100)} %`;
    this.#help = help;
    this.#button.visible = help !== null;
    if (help) {
      setText(this.#word, help.text);
      this.#button.accessible_name = title || label ? `${help.text}: ${title || label}` : help.text;
    }
  }
}

// A row for each thing that there can be at most; those that have none are hidden.
export class Rows {
  #rows;

  constructor(shell, most, options) {
    this.#rows = Array.from({ length: most }, () => new Row(shell, options));
  }

  get items() {
    return this.#rows.map(({ item }) => item);
  }

  draw(things) {
    this.#rows.forEach((row, i) => {
      row.item.visible = i < things.length;
      if (i < things.length)
        row.draw(things[i]);
    });
  }
}
