/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon at a server of other people. Main thread.
 */
#include "at-server.h"

gboolean
at_server_set_up (AtServer *scene, const TestTusServerKind *kind)
{
  scene->broker = test_broker_new_alone ();
  scene->files = g_ptr_array_new_with_free_func ((GDestroyNotify) test_file_free);
  scene->server = test_tus_server_start (kind, scene->broker->folder);

  return scene->server != NULL;
}

void
at_server_clear (AtServer *scene)
{
  g_clear_pointer (&scene->nginx, test_nginx_free);
  g_clear_pointer (&scene->link, test_link_free);
  g_clear_pointer (&scene->server, test_tus_server_free);
  g_clear_pointer (&scene->files, g_ptr_array_unref);
  g_clear_pointer (&scene->broker, test_broker_free);
}

TestFile *
at_server_add (AtServer *scene, TestFile *file)
{
  g_ptr_array_add (scene->files, file);

  return file;
}

TestFile *
at_server_make (AtServer *scene, const char *name, gsize size_bytes)
{
  return at_server_add (scene, test_file_make (scene->broker, name, size_bytes, scene->files->len + 1));
}
