/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What cameras, phones and recorders write has its type, by its bytes and by its name, on a device without
 * shared-mime-info: this test has none.
 */
#include "store/media-type.h"

#define FTYP(brand) \
  "\0\0\0\x1c"      \
  "ftyp" brand "\0\0\0\0"
#define TIFF "II*\0\x08\0\0\0"
#define EBML "\x1a\x45\xdf\xa3\x9f"
#define NOISE "\x9b\x17\x80\x02 noise of a format that nobody knows"

typedef struct
{
  const char *name;
  const char *head;
  gsize head_bytes;
  const char *type; /* NULL: neither picture nor sound nor video */
} Row;

#define ROW(name, head, type)         \
  {                                   \
    name, head, sizeof head - 1, type \
  }

/* clang-format off */
static const Row rows[] = {
  /* Where bytes and name agree, in whatever case. */
  ROW ("DSC_0001.JPG", "\xff\xd8\xff\xe1", "image/jpeg"),
  ROW ("IMG_0001.HEIC", FTYP ("heic"), "image/heic"),
  ROW ("a.hif", FTYP ("mif1"), "image/heif"),
  ROW ("a.avif", FTYP ("avif"), "image/avif"),
  ROW ("a.dng", TIFF, "image/x-adobe-dng"),
  ROW ("a.DNG", "MM\0*", "image/x-adobe-dng"),
  ROW ("a.gpr", TIFF, "image/x-gopro-gpr"),
  ROW ("a.cr2", "II*\0\x10\0\0\0CR", "image/x-canon-cr2"),
  ROW ("a.cr3", FTYP ("crx "), "image/x-canon-cr3"),
  ROW ("a.nef", TIFF, "image/x-nikon-nef"),
  ROW ("a.arw", TIFF, "image/x-sony-arw"),
  ROW ("a.orf", "IIRO\x08\0\0\0", "image/x-olympus-orf"),
  ROW ("a.rw2", "IIU\0", "image/x-panasonic-rw2"),
  ROW ("a.raf", "FUJIFILMCCD-RAW 0201", "image/x-fuji-raf"),
  ROW ("a.x3f", "FOVb", "image/x-sigma-x3f"),
  ROW ("a.pef", TIFF, "image/x-pentax-pef"),
  ROW ("a.srw", TIFF, "image/x-samsung-srw"),
  ROW ("a.iiq", TIFF, "image/x-phaseone-iiq"),
  ROW ("a.tif", TIFF, "image/tiff"),
  ROW ("a.png", "\x89PNG\r\n\x1a\n", "image/png"),
  ROW ("a.webp", "RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
  ROW ("a.insp", "\xff\xd8\xff\xe0", "image/jpeg"),
  ROW ("GX010001.THM", "\xff\xd8\xff\xe0", "image/jpeg"),
  ROW ("a.mp4", FTYP ("isom"), "video/mp4"),
  ROW ("a.m4v", FTYP ("M4V "), "video/mp4"),
  ROW ("a.mov", FTYP ("qt  "), "video/quicktime"),
  ROW ("a.heic", FTYP ("heis"), "image/heic"),
  ROW ("burst.heic", FTYP ("hevm"), "image/heic"),
  ROW ("scalable", FTYP ("heim"), "image/heic"),
  ROW ("a.heif", FTYP ("mif2"), "image/heif"),
  ROW ("a.avif", FTYP ("avio"), "image/avif"),
  ROW ("MVI_0001", "\x01\x20\x80\x41mdat", "video/quicktime"),
  ROW ("old.mov", "\0\0\0\x08wide\0\0\0\0mdat", "video/quicktime"),
  ROW ("VID_001.insv", FTYP ("avc1"), "video/mp4"),
  ROW ("GS010001.360", FTYP ("mp41"), "video/mp4"),
  ROW ("GL010001.LRV", FTYP ("mp41"), "video/mp4"),
  ROW ("DJI_0001.lrf", FTYP ("isom"), "video/mp4"),
  ROW ("A001.braw", "\0\0\0\x08wide\0\0\0\0mdat", "video/x-braw"),
  ROW ("A001.crm", FTYP ("crx "), "video/x-canon-crm"),
  ROW ("A001.R3D", "\0\0\x01\0RED2", "video/x-r3d"),
  ROW ("a.mxf", "\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01", "video/x-mxf"),
  ROW ("a.3gp", FTYP ("3gp4"), "video/3gpp"),
  ROW ("a.3g2", FTYP ("3g2a"), "video/3gpp2"),
  ROW ("a.mkv", EBML, "video/x-matroska"),
  ROW ("a.webm", EBML, "video/webm"),
  ROW ("a.avi", "RIFF\0\0\0\0AVI LIST", "video/x-msvideo"),
  ROW ("a.mpg", "\0\0\x01\xba", "video/mpeg"),
  ROW ("MOV001.MOD", "\0\0\x01\xba", "video/mpeg"),
  ROW ("a.wmv", "\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-wmv"),
  ROW ("a.m4a", FTYP ("isom"), "audio/mp4"),
  ROW ("Voice 001.3ga", FTYP ("3gp4"), "audio/3gpp"),
  ROW ("a.opus", "OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x13OpusHead", "audio/ogg"),
  ROW ("a.amr", "#!AMR\n", "audio/amr"),
  ROW ("a.awb", "#!AMR-WB\n", "audio/amr-wb"),
  ROW ("a.wav", "RIFF\0\0\0\0WAVEfmt ", "audio/x-wav"),
  ROW ("a.flac", "fLaC", "audio/flac"),
  ROW ("a.mp3", "ID3\x04", "audio/mpeg"),
  ROW ("a.wma", "\x30\x26\xb2\x75\x8e\x66\xcf\x11", "audio/x-ms-wma"),
  ROW ("a.mka", EBML, "audio/x-matroska"),
  ROW ("a.caf", "caff\0\x01\0\0", "audio/x-caf"),
  ROW ("a.pdf", "%PDF-1.7", "application/pdf"),

  /* By the name alone: nothing could be read, or the bytes are not known. */
  ROW ("a.jpeg", "", "image/jpeg"),
  ROW ("a.mts", "", "video/mp2t"),
  ROW ("a.m2ts", NOISE, "video/mp2t"),
  ROW ("a.mxf", NOISE, "video/x-mxf"),
  ROW ("a.r3d", NOISE, "video/x-r3d"),
  ROW ("a.braw", NOISE, "video/x-braw"),
  ROW ("a.insv", NOISE, "video/mp4"),
  ROW ("a.nev", NOISE, "video/x-nikon-nev"),
  ROW ("a.mp4", NOISE, "video/mp4"),
  ROW ("a.3ga", NOISE, "audio/3gpp"),
  ROW ("a.aac", NOISE, "audio/aac"),
  ROW ("a.nrw", NOISE, "image/x-nikon-nrw"),
  ROW ("report.json", "{", "application/json"),
  ROW ("notes.txt", "notes", "text/plain"),

  /* By the bytes alone, and against the name: a video is never a photo. */
  ROW ("file", "\xff\xd8\xff\xe1", "image/jpeg"),
  ROW ("file", FTYP ("isom"), "video/mp4"),
  ROW ("file", FTYP ("heic"), "image/heic"),
  ROW ("file", FTYP ("crx "), "image/x-canon-cr3"),
  ROW ("photo.jpg", FTYP ("isom"), "video/mp4"),
  ROW ("photo.jpg", FTYP ("qt  "), "video/quicktime"),
  ROW ("photo.jpg", "\0\0\x01\xba", "video/mpeg"),
  ROW ("photo.jpg", EBML, "video/x-matroska"),
  ROW ("photo.jpg", FTYP ("heic"), "image/heic"),
  ROW ("photo.png", "\xff\xd8\xff\xe1", "image/jpeg"),
  ROW ("photo.webp", "RIFF\0\0\0\0AVI LIST", "video/x-msvideo"),
  ROW ("photo.dng", FTYP ("isom"), "video/mp4"),
  ROW ("sound.mp3", FTYP ("isom"), "video/mp4"),
  ROW ("report.json", FTYP ("isom"), "video/mp4"),

  /* Endings that others use, and what nobody knows. */
  ROW ("program.ts", "import x from 'y';", NULL),
  ROW ("note.txt", "The wide river was crossed at noon", NULL),
  ROW ("form.json", "The moov", NULL),
  ROW ("days.csv", "day,wide,deep\n1,2,3\n", NULL),
  ROW ("kit.txt", "The RED1 has a new battery", NULL),
  ROW ("todo.txt", "Save as WEBP, not as PNG", NULL),
  ROW ("umlauts.txt", "\xc3\xa4\xc3\xb6mdat", NULL),
  ROW ("file", NOISE, NULL),
  ROW ("file.", "", NULL),
  ROW (".", NOISE, NULL),
};
/* clang-format on */

static void
test_every_kind_has_its_type (void)
{
  g_assert_cmpuint (G_N_ELEMENTS (rows), >=, 60);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *type = ob_media_type_guess (rows[i].name, rows[i].head, rows[i].head_bytes);

      g_test_message ("row %u: %s", i, rows[i].name);
      if (rows[i].type)
        g_assert_cmpstr (type, ==, rows[i].type);
      else
        g_assert_false (g_str_has_prefix (type, "image/") || g_str_has_prefix (type, "video/")
                        || g_str_has_prefix (type, "audio/"));
    }
}

/* With and without the time before each packet, under names that say it and that do not. */
static void
test_a_transport_stream_is_known_by_its_packets (void)
{
  static const char *const names[] = { "00001.MTS", "a.m2ts", "a.ts", "a.tod", "file", "photo.jpg" };

  for (guint stamp_bytes = 0; stamp_bytes <= 4; stamp_bytes += 4)
    for (guint i = 0; i < G_N_ELEMENTS (names); i++)
      {
        g_autofree guint8 *head = g_malloc0 (1024);
        g_autofree char *type = NULL;

        for (gsize at = stamp_bytes; at < 1024; at += 188 + stamp_bytes)
          head[at] = 0x47;
        type = ob_media_type_guess (names[i], head, 1024);
        g_assert_cmpstr (type, ==, "video/mp2t");
      }
}

/* A head that ends anywhere is no reason to read on. */
static void
test_a_head_may_be_short (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    for (gsize length = 0; length <= rows[i].head_bytes; length++)
      {
        g_autofree char *head = g_memdup2 (rows[i].head, length);
        g_autofree char *type = ob_media_type_guess (rows[i].name, head, length);

        g_assert_nonnull (strchr (type, '/'));
      }
}

int
main (int argc, char **argv)
{
  g_setenv ("XDG_DATA_DIRS", "/nonexistent", TRUE);
  g_setenv ("XDG_DATA_HOME", "/nonexistent", TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/media-type/every-kind-has-its-type", test_every_kind_has_its_type);
  g_test_add_func ("/media-type/a-transport-stream-is-known-by-its-packets",
                   test_a_transport_stream_is_known_by_its_packets);
  g_test_add_func ("/media-type/a-head-may-be-short", test_a_head_may_be_short);

  return g_test_run ();
}
