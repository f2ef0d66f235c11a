// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The words of the indicator, from the catalogue of all parts of Outbox, and the labels that come with the broker.
import Gettext from 'gettext';
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';

import { DATADIR, DOMAIN, LOCALEDIR } from './config.js';
import { Labels } from './labels.js';

// Read once, when the extension is enabled; a few kilobytes.
async function readJson(path) {
  const file = Gio.File.new_for_path(path);
  const bytes = await new Promise((resolve, reject) => {
    file.load_contents_async(null, (source, result) => {
      try {
        resolve(source.load_contents_finish(result)[1]);
      } catch (error) {
        reject(error);
      }
    });
  });

  return JSON.parse(new TextDecoder().decode(bytes));
}

// In the person's language, else in the next that they read, else in English: GLib's list ends with "C".
async function loadLabels(folder) {
  for (const language of [...GLib.get_language_names(), 'en']) {
    try {
      return new Labels(await readJson(`${folder}/labels-${language === 'C' ? 'en' : language}.json`));
    } catch (error) {
      if (!error.matches?.(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND))
        logError(error, 'Outbox');
    }
  }
  return null;
}

// Returns: what the model has its words from; null where the broker's labels are not installed.
export async function loadWords() {
  const folder = GLib.getenv('OUTBOX_LOCALEDIR');
  const labels = await loadLabels(folder ?? `${DATADIR}/outbox`);

  Gettext.bindtextdomain(DOMAIN, folder ?? LOCALEDIR);
  const { gettext: _, ngettext } = Gettext.domain(DOMAIN);

  return labels && { _, ngettext, labels, formatSize: bytes => GLib.format_size(bytes) };
}
