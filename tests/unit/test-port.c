/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which port of the loopback is taken.
 */
#include "dbus/error.h"
#include "ipc/rest/port.h"

static void
on_accepted (GSocketConnection *connection, gpointer user_data)
{
  g_assert_not_reached ();
}

/* Each daemon takes one, until there are none. Others of this machine may have some of them. */
static void
test_the_first_that_is_free (void)
{
  g_autoptr (GPtrArray) ports = g_ptr_array_new_with_free_func ((GDestroyNotify) ob_port_free);
  g_autoptr (GError) error = NULL;
  guint last = OB_PORT_FIRST - 1;
  ObPort *port;

  g_unsetenv ("OUTBOX_REST_PORT");
  while ((port = ob_port_open (on_accepted, NULL, &error)))
    {
      g_ptr_array_add (ports, port);
      g_assert_cmpuint (ob_port_get_number (port), >, last);
      last = ob_port_get_number (port);
      g_assert_cmpuint (last, <=, OB_PORT_LAST);
    }
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_FAILED);
}

static void
test_what_names_no_port (void)
{
  static const char *const rows[]
      = { "", "x", "-1", "+1", " 1", "1 ", "0x10", "7363x", "65536", "99999999999999999999" };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;

      g_setenv ("OUTBOX_REST_PORT", rows[i], TRUE);
      g_assert_null (ob_port_open (on_accepted, NULL, &error));
      g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_FAILED);
    }
}

static void
test_one_that_is_named (void)
{
  g_autoptr (ObPort) any = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *number = NULL;

  g_setenv ("OUTBOX_REST_PORT", "0", TRUE);
  any = ob_port_open (on_accepted, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (ob_port_get_number (any), !=, 0);
  number = g_strdup_printf ("%u", ob_port_get_number (any));
  g_setenv ("OUTBOX_REST_PORT", number, TRUE);
  g_assert_null (ob_port_open (on_accepted, NULL, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_FAILED);
  /* When its daemon has ended it is free at once. */
  g_clear_pointer (&any, ob_port_free);
  g_clear_error (&error);
  any = ob_port_open (on_accepted, NULL, &error);
  g_assert_no_error (error);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/port/the-first-that-is-free", test_the_first_that_is_free);
  g_test_add_func ("/port/what-names-no-port", test_what_names_no_port);
  g_test_add_func ("/port/one-that-is-named", test_one_that_is_named);

  return g_test_run ();
}
