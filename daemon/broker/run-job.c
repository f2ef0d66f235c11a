/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Attempts, checks and terminations are given the same of their destination by these two. Main thread.
 */
#include "broker/run-job.h"

ObJob *
ob_run_job_new (const char *id, const ObDestination *destination)
{
  ObJob *job = g_new0 (ObJob, 1);

  job->id = g_strdup (id);
  job->protocol = g_strdup (destination ? destination->protocol : NULL);
  job->destination = g_strdup (destination ? destination->name : NULL);
  job->url = g_strdup (destination ? destination->url : "");
  job->headers
      = destination ? g_variant_ref (destination->headers) : g_variant_ref_sink (g_variant_new ("a{ss}", NULL));

  return job;
}

ObJob *
ob_run_job_new_of (const ObUpload *upload, const ObDestination *destination)
{
  ObJob *job = ob_run_job_new (upload->id, destination);

  if (!destination)
    job->destination = g_strdup (upload->destination);
  job->name = g_strdup (upload->name);
  job->media_type = g_strdup (upload->media_type);
  job->sha256 = g_strdup (upload->sha256);
  job->group = g_strdup (upload->group);
  job->metadata = g_variant_ref (upload->metadata);
  job->size_bytes = upload->size_bytes;
  job->also = destination ? g_strdupv (destination->also) : NULL;
  job->confirm_url = g_strdup (destination ? destination->confirm_url : NULL);
  job->promise = OUTBOX_RUNG_STORED;
  job->heard_ms = -1;

  return job;
}
