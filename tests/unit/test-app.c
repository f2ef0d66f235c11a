/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which app a process belongs to: units as desktops name them, and command lines.
 */
#include "ipc/app.h"

#include <string.h>

#define SLICE "0::/user.slice/user-1000.slice/user@1000.service/app.slice/"

static void
test_units (void)
{
  const struct
  {
    const char *cgroup, *app;
  } rows[] = {
    { SLICE "app-gnome-org.foo.Bar-1234.scope\n", "org.foo.Bar" },
    { SLICE "app-org.foo.Bar@123.service\n", "org.foo.Bar" },
    { SLICE "app-org.foo.Bar-1234.scope\n", "org.foo.Bar" },
    { SLICE "app-org.foo.Bar.service\n", "org.foo.Bar" },
    { SLICE "app-org.foo.Bar.scope\n", "org.foo.Bar" },
    { SLICE "app-gnome-org.foo.Bar.scope\n", "org.foo.Bar" },
    { SLICE "app-KDE-org.kde.okular@12345.service\n", "org.kde.okular" },
    { SLICE "app-flatpak-org.telegram.desktop@12345.service", "org.telegram.desktop" },
    { SLICE "app-org.foo.Bar@autostart.service\n", "org.foo.Bar" },
    { SLICE "app-org.kde.konsole-2e5f1a.scope\n", "org.kde.konsole" },
    { SLICE "app-org.kde.konsole-1234.service\n", "org.kde.konsole" },
    { SLICE "app-gnome-org.foo.Bar-1234.service\n", "org.foo.Bar" },
    { SLICE "app-gnome-firefox-4711.scope\n", "firefox" },
    { SLICE "app-firefox-4711.scope\n", "firefox" },
    { SLICE "app-firefox@4711.service\n", "firefox" },
    /* Escapes: a dash in the launcher or the id. */
    { SLICE "app-gnome-code\\x2doss-4711.scope\n", "code-oss" },
    { SLICE "app-gnome\\x2dshell-org.foo.Bar\\x2dBaz-1.scope\n", "org.foo.Bar-Baz" },
    { SLICE "app-org.foo.Caf\\xc3\\xa9-1.scope\n", "org.foo.Café" },
    { SLICE "app-org.foo.Bar\\x40home-1.scope\n", "org.foo.Bar@home" },
    { SLICE "app-org.foo.Bar\\x2fBaz-1.scope\n", NULL }, /* a slash */
    { SLICE "app-org.foo.Bar\\x00Baz-1.scope\n", NULL }, /* a NUL */
    { SLICE "app-org.foo.Bar\\x1bBaz-1.scope\n", NULL }, /* a control character */
    { SLICE "app-org.foo.Bar\\xffBaz-1.scope\n", NULL }, /* no UTF-8 */
    { SLICE "app-org.foo.Bar\\x2-1.scope\n", NULL },     /* half an escape */
    { SLICE "app-org.foo.Bar\\\n", NULL },
    /* Below the unit, and nested: the innermost. */
    { SLICE "app-org.foo.Bar-1.scope/worker\n", "org.foo.Bar" },
    { SLICE "app-org.foo.Bar-1.scope/app-org.foo.Inner-2.scope\n", "org.foo.Inner" },
    /* Both hierarchies of systemd, among others. */
    { "12:pids:/user.slice\n1:name=systemd:/user.slice/app-org.foo.Bar-1.scope\n", "org.foo.Bar" },
    { "12:pids:/app-org.foo.Bar-1.scope\n0::/user.slice\n", NULL },
    { "0::/user.slice\n1:name=systemd:/app-org.foo.Bar-1.scope\n", "org.foo.Bar" },
    /* No app. */
    { SLICE "vte-spawn-8c3e.scope\n", NULL },
    { SLICE "app-org.gnome.Terminal.slice/vte-spawn-8c3e.scope\n", NULL },
    { "0::/user.slice/user-1000.slice/session-2.scope\n", NULL },
    { "0::/user.slice/user-1000.slice/user@1000.service/session.slice/dbus.service\n", NULL },
    { SLICE "app-.scope\n", NULL },
    { SLICE "app-a-b-c-d-1.scope\n", NULL },
    { SLICE "app--1.scope\n", NULL },
    { SLICE "app-...-1.scope\n", NULL },
    { SLICE "xapp-org.foo.Bar-1.scope\n", NULL },
    { "0::/\n", NULL },
    { "", NULL },
    { "garbage", NULL },
    { ":", NULL },
    { "::", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *app = ob_app_from_cgroup (rows[i].cgroup);
      g_autofree char *line = g_strescape (rows[i].cgroup, NULL);

      g_test_message ("%s", line);
      g_assert_cmpstr (app, ==, rows[i].app);
    }
}

/* @words: the arguments, one blank between two. */
static char *
from_command (const char *program, const char *words)
{
  g_autofree char *arguments = g_strdup (words);
  gsize size = strlen (words) + 1;

  return ob_app_from_command (program, g_strdelimit (arguments, " ", '\0'), size);
}

static void
test_commands (void)
{
  const struct
  {
    const char *program, *words, *app;
  } rows[] = {
    { "camera", "camera --fast x.py", "camera" },
    { "outbox", "outbox add a.py", "outbox" },
    { "camera", "", "camera" },
    { "python3.11", "python3 /opt/capture/capture.py --wait", "capture.py" },
    { "python3.11", "python3 notes.py", "notes.py" },
    { "python3.11", "python3 -u -W ignore /x/notes.py", "notes.py" },
    { "python3.11", "python3 -Wignore notes.py", "notes.py" },
    { "python3.11", "python3 -X dev -sE notes.py", "notes.py" },
    { "python3.11", "python3 --check-hash-based-pycs never notes.py", "notes.py" },
    { "python3.11", "python3 -m field.camera --fast", "field.camera" },
    { "python3.11", "python3 -Im field.camera", "field.camera" },
    { "python3.11", "python3 -mfield.camera", "field.camera" },
    { "python3.11", "python3 -m", "python3.11" },
    { "python3.11", "python3 -c print(1) x.py", "python3.11" },
    { "python3.11", "python3 -uc print(1)", "python3.11" },
    { "python3.11", "python3 -", "python3.11" },
    { "python3.11", "python3", "python3.11" },
    { "python3.11", "python3 -- -odd.py", "-odd.py" },
    { "python3.11", "python3 /opt/field/__main__.py", "field" },
    { "python3.11", "python3 __main__.py", "__main__.py" },
    { "python3.11", "python3 /opt/field.zip", "field.zip" },
    { "python3.11", "/usr/bin/python3 /usr/bin/field-app", "field-app" },
    { "pypy3", "pypy3 notes.py", "notes.py" },
    { "bash", "bash -e /usr/local/bin/backup.sh now", "backup.sh" },
    { "bash", "/bin/bash -euo pipefail backup.sh", "backup.sh" },
    { "bash", "bash +o posix -O extglob backup.sh", "backup.sh" },
    { "bash", "bash --rcfile x --norc backup.sh", "backup.sh" },
    { "bash", "bash -c backup.sh", "bash" },
    { "bash", "bash -ec backup.sh", "bash" },
    { "bash", "-bash", "bash" },
    { "dash", "sh /etc/cron.daily/send", "send" },
    { "dash", "sh -s x", "dash" },
    { "node", "node --max-old-space-size=512 /srv/app/index.js", "index.js" },
    { "node", "node -r ts-node/register --import x.mjs index.ts", "index.ts" },
    { "node", "node -e x", "node" },
    { "node", "node --eval x", "node" },
    { "deno", "deno run --allow-net main.ts", "main.ts" },
    { "perl", "perl -w -I lib -Mstrict send.pl", "send.pl" },
    { "perl", "perl -ne print x", "perl" },
    { "perl", "perl -Ilib send.pl", "send.pl" },
    { "ruby3.1", "ruby -r json -Ilib send.rb", "send.rb" },
    { "ruby3.1", "ruby -e x", "ruby3.1" },
    { "php8.2", "php -d x=y -f send.php", "send.php" },
    { "php8.2", "php send.php", "send.php" },
    { "lua5.4", "lua -l x send.lua", "send.lua" },
    { "java", "java -Xmx1g -cp a.jar:b.jar -jar /opt/field/field.jar x", "field.jar" },
    { "java", "java -cp a.jar org.example.Field x", "org.example.Field" },
    { "java", "java --module-path m -m org.example", "org.example" },
    { "java", "java -version", "java" },
    { "java", "java -cp", "java" },
    { "gjs-console", "gjs -m /usr/bin/field", "field" },
    /* What a process makes of its own command line. */
    { "python3.11", "python3:\tworker", "python3.11" },
    { "python3.11", "python3 /", "_" },
    { "python3.11d", "python3.11d notes.py", "notes.py" },
    { "python3.13t", "python3 notes.py", "notes.py" },
    { "python3-dbg", "python3-dbg notes.py", "notes.py" },
    { "python3.11-dbg", "python3.11-dbg notes.py", "notes.py" },
    { "pypy3-c", "pypy3 notes.py", "notes.py" },
    { "perl5.36-x86_64-linux-gnu", "perl send.pl", "send.pl" },
    { "mono-sgen", "mono field.exe", "field.exe" },
    { "julia", "julia --threads 4 -L start.jl send.jl", "send.jl" },
    { "electron", "/usr/lib/electron/electron --no-sandbox /usr/lib/field-camera/app.asar", "field-camera" },
    { "electron25", "electron25 /usr/share/field/app.asar", "field" },
    { "electron", "electron /opt/field/main.js", "main.js" },
    { "sh2peg", "sh2peg notes.sh", "sh2peg" },
    { "node-red", "node-red flows.json", "node-red" },
    { "bad\nname", "x", "bad_name" },
    { "bad\xff", "x", "bad\xef\xbf\xbd" },
    { "..", "..", "program" },
  };
  g_autofree char *open_end = ob_app_from_command ("python3.11", "python3\0not-ended.py", 20);
  g_autofree char *empty = ob_app_from_command ("python3.11", "python3\0\0x.py", 14);
  g_autofree char *long_name = g_strnfill (400, 'x');
  g_autofree char *cut = ob_app_dup_name (long_name);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *app = from_command (rows[i].program, rows[i].words);

      g_test_message ("row %u", i);
      g_assert_cmpstr (app, ==, rows[i].app);
      g_assert_true (ob_app_is_name (app));
    }
  g_assert_cmpstr (open_end, ==, "python3.11");
  g_assert_cmpstr (empty, ==, "python3.11");
  g_assert_true (ob_app_is_name (cut));
}

static void
test_names (void)
{
  const char *const good[] = { "camera", "org.example.Camera", "Mein Gerät", "写真", "a", ".hidden", "python3.11" };
  const char *const bad[] = { "", "a/b", "/", ".", "..", "a\nb", "a\x1b[0m", "a\xff", "a\xc2\x9b", "a\xe2\x80\xae" };
  g_autofree char *longest = g_strnfill (255, 'x');
  g_autofree char *too_long = g_strnfill (256, 'x');

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    g_assert_true (ob_app_is_name (good[i]));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (ob_app_is_name (bad[i]));
  g_assert_true (ob_app_is_name (longest));
  g_assert_false (ob_app_is_name (too_long));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/app/units", test_units);
  g_test_add_func ("/app/commands", test_commands);
  g_test_add_func ("/app/names", test_names);

  return g_test_run ();
}
