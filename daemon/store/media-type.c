/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Two tables: first bytes, and endings of names. No shared state.
 */
#include "store/media-type.h"

#include <string.h>

/* Families of formats, which the first bytes tell. */
typedef enum
{
  FAMILY_UNKNOWN,
  FAMILY_ISO, /* ISO base media (ISO/IEC 14496-12) and QuickTime */
  FAMILY_HEIF,
  FAMILY_TIFF,
  FAMILY_JPEG,
  FAMILY_EBML,
  FAMILY_OGG,
  FAMILY_MPEG_TS,
  FAMILY_MPEG_PS,
  FAMILY_ASF,
  FAMILY_RIFF,
  FAMILY_OTHER, /* the bytes alone tell the type, whatever the name */
} Family;

typedef struct
{
  guint at;
  const char *bytes;
  guint length;
  Family family;
  const char *type;
} Beginning;

#define BEGINS(at, bytes, family, type)                \
  {                                                    \
    at, bytes, sizeof bytes - 1, FAMILY_##family, type \
  }

/* The first row that fits counts. Brands of ISO media are registered at mp4ra.org. */
static const Beginning beginnings[] = {
  BEGINS (0, "\xff\xd8\xff", JPEG, "image/jpeg"),
  BEGINS (0, "\x89PNG\r\n\x1a\n", OTHER, "image/png"),
  BEGINS (0, "GIF8", OTHER, "image/gif"),
  BEGINS (8, "WEBP", RIFF, "image/webp"),
  BEGINS (8, "WAVEfmt", RIFF, "audio/x-wav"),
  BEGINS (8, "AVI LIST", RIFF, "video/x-msvideo"),
  BEGINS (4, "ftypheic", HEIF, "image/heic"),
  BEGINS (4, "ftypheix", HEIF, "image/heic"),
  BEGINS (4, "ftyphevc", HEIF, "image/heic"),
  BEGINS (4, "ftyphevx", HEIF, "image/heic"),
  BEGINS (4, "ftypheim", HEIF, "image/heic"),
  BEGINS (4, "ftypheis", HEIF, "image/heic"),
  BEGINS (4, "ftyphevm", HEIF, "image/heic"),
  BEGINS (4, "ftyphevs", HEIF, "image/heic"),
  BEGINS (4, "ftypmif1", HEIF, "image/heif"),
  BEGINS (4, "ftypmif2", HEIF, "image/heif"),
  BEGINS (4, "ftypmsf1", HEIF, "image/heif"),
  BEGINS (4, "ftypavif", HEIF, "image/avif"),
  BEGINS (4, "ftypavis", HEIF, "image/avif"),
  BEGINS (4, "ftypavio", HEIF, "image/avif"),
  BEGINS (4, "ftypcrx ", ISO, "image/x-canon-cr3"),
  BEGINS (4, "ftypqt  ", ISO, "video/quicktime"),
  BEGINS (4, "ftyp3g2", ISO, "video/3gpp2"),
  BEGINS (4, "ftyp3g", ISO, "video/3gpp"),
  BEGINS (4, "ftypM4A", ISO, "audio/mp4"),
  BEGINS (4, "ftypM4B", ISO, "audio/mp4"),
  BEGINS (4, "ftyp", ISO, "video/mp4"),
  BEGINS (4, "moov", ISO, "video/quicktime"),
  BEGINS (4, "mdat", ISO, "video/quicktime"),
  BEGINS (4, "wide", ISO, "video/quicktime"),
  BEGINS (4, "RED1", OTHER, "video/x-r3d"),
  BEGINS (4, "RED2", OTHER, "video/x-r3d"),
  BEGINS (0, "\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02", OTHER, "video/x-mxf"),
  BEGINS (0, "II*\0\x10\0\0\0CR", TIFF, "image/x-canon-cr2"),
  BEGINS (0, "II*\0", TIFF, "image/tiff"),
  BEGINS (0, "MM\0*", TIFF, "image/tiff"),
  BEGINS (0, "II+\0", TIFF, "image/tiff"),
  BEGINS (0, "MM\0+", TIFF, "image/tiff"),
  BEGINS (0, "IIU\0", TIFF, "image/x-panasonic-rw2"),
  BEGINS (0, "IIRO", TIFF, "image/x-olympus-orf"),
  BEGINS (0, "IIRS", TIFF, "image/x-olympus-orf"),
  BEGINS (0, "MMOR", TIFF, "image/x-olympus-orf"),
  BEGINS (6, "HEAPCCDR", OTHER, "image/x-canon-crw"),
  BEGINS (0, "FUJIFILMCCD-RAW", OTHER, "image/x-fuji-raf"),
  BEGINS (0, "FOVb", OTHER, "image/x-sigma-x3f"),
  BEGINS (0, "\0MRM", OTHER, "image/x-minolta-mrw"),
  BEGINS (0, "\0\0\0\x0cJXL \r\n\x87\n", OTHER, "image/jxl"),
  BEGINS (0, "\0\0\0\x0cjP  \r\n\x87\n", OTHER, "image/jp2"),
  BEGINS (0, "\x1a\x45\xdf\xa3", EBML, "video/x-matroska"),
  BEGINS (0, "\0\0\x01\xba", MPEG_PS, "video/mpeg"),
  BEGINS (0, "\0\0\x01\xb3", MPEG_PS, "video/mpeg"),
  BEGINS (0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11", ASF, "video/x-ms-asf"),
  BEGINS (0, "FLV\x01", OTHER, "video/x-flv"),
  BEGINS (28, "OpusHead", OGG, "audio/ogg"),
  BEGINS (28, "\x01vorbis", OGG, "audio/ogg"),
  BEGINS (28, "Speex", OGG, "audio/ogg"),
  BEGINS (0, "OggS", OGG, "video/ogg"),
  BEGINS (0, "fLaC", OTHER, "audio/flac"),
  BEGINS (0, "ID3", OTHER, "audio/mpeg"),
  BEGINS (0, "#!AMR-WB\n", OTHER, "audio/amr-wb"),
  BEGINS (0, "#!AMR\n", OTHER, "audio/amr"),
  BEGINS (0, "caff\0\x01", OTHER, "audio/x-caf"),
  BEGINS (8, "AIFF", OTHER, "audio/x-aiff"),
  BEGINS (8, "AIFC", OTHER, "audio/x-aiff"),
  BEGINS (0, "%PDF-", OTHER, "application/pdf"),
};

typedef struct
{
  const char *ending; /* without the dot, in lower case */
  Family family;      /* the bytes must agree with it; FAMILY_OTHER: we know no bytes for it */
  gboolean is_shared; /* other formats use the ending too: it counts only if the bytes agree */
  const char *type;
} Ending;

#define ENDS(ending, family, type)       \
  {                                      \
    ending, FAMILY_##family, FALSE, type \
  }
#define SHARED(ending, family, type)    \
  {                                     \
    ending, FAMILY_##family, TRUE, type \
  }

static const Ending endings[] = {
  /* Photos. */
  ENDS ("jpg", JPEG, "image/jpeg"),
  ENDS ("jpeg", JPEG, "image/jpeg"),
  ENDS ("jpe", JPEG, "image/jpeg"),
  ENDS ("jfif", JPEG, "image/jpeg"),
  ENDS ("mpo", JPEG, "image/jpeg"),
  ENDS ("thm", JPEG, "image/jpeg"),
  ENDS ("insp", JPEG, "image/jpeg"),
  ENDS ("png", OTHER, "image/png"),
  ENDS ("gif", OTHER, "image/gif"),
  ENDS ("bmp", OTHER, "image/bmp"),
  ENDS ("webp", RIFF, "image/webp"),
  ENDS ("heic", HEIF, "image/heic"),
  ENDS ("heif", HEIF, "image/heif"),
  ENDS ("hif", HEIF, "image/heif"),
  ENDS ("avif", HEIF, "image/avif"),
  ENDS ("jxl", OTHER, "image/jxl"),
  ENDS ("jp2", OTHER, "image/jp2"),
  ENDS ("tif", TIFF, "image/tiff"),
  ENDS ("tiff", TIFF, "image/tiff"),
  ENDS ("dng", TIFF, "image/x-adobe-dng"),
  ENDS ("gpr", TIFF, "image/x-gopro-gpr"),
  ENDS ("cr2", TIFF, "image/x-canon-cr2"),
  ENDS ("cr3", ISO, "image/x-canon-cr3"),
  ENDS ("crw", OTHER, "image/x-canon-crw"),
  ENDS ("nef", TIFF, "image/x-nikon-nef"),
  ENDS ("nrw", TIFF, "image/x-nikon-nrw"),
  ENDS ("arw", TIFF, "image/x-sony-arw"),
  ENDS ("sr2", TIFF, "image/x-sony-sr2"),
  ENDS ("srf", TIFF, "image/x-sony-srf"),
  ENDS ("srw", TIFF, "image/x-samsung-srw"),
  ENDS ("raf", OTHER, "image/x-fuji-raf"),
  ENDS ("orf", TIFF, "image/x-olympus-orf"),
  ENDS ("rw2", TIFF, "image/x-panasonic-rw2"),
  ENDS ("rwl", TIFF, "image/x-leica-rwl"),
  ENDS ("pef", TIFF, "image/x-pentax-pef"),
  ENDS ("3fr", TIFF, "image/x-hasselblad-3fr"),
  ENDS ("fff", TIFF, "image/x-hasselblad-fff"),
  ENDS ("iiq", TIFF, "image/x-phaseone-iiq"),
  ENDS ("mos", TIFF, "image/x-leaf-mos"),
  ENDS ("erf", TIFF, "image/x-epson-erf"),
  ENDS ("kdc", TIFF, "image/x-kodak-kdc"),
  ENDS ("dcr", TIFF, "image/x-kodak-dcr"),
  ENDS ("mrw", OTHER, "image/x-minolta-mrw"),
  ENDS ("x3f", OTHER, "image/x-sigma-x3f"),
  /* Video. */
  ENDS ("mp4", ISO, "video/mp4"),
  ENDS ("m4v", ISO, "video/mp4"),
  ENDS ("insv", ISO, "video/mp4"),
  ENDS ("360", ISO, "video/mp4"),
  ENDS ("lrv", ISO, "video/mp4"),
  ENDS ("lrf", ISO, "video/mp4"),
  ENDS ("mov", ISO, "video/quicktime"),
  ENDS ("qt", ISO, "video/quicktime"),
  ENDS ("braw", ISO, "video/x-braw"),
  ENDS ("crm", ISO, "video/x-canon-crm"),
  ENDS ("nev", ISO, "video/x-nikon-nev"),
  ENDS ("r3d", OTHER, "video/x-r3d"),
  ENDS ("mxf", OTHER, "video/x-mxf"),
  ENDS ("cine", OTHER, "video/x-phantom-cine"),
  ENDS ("3gp", ISO, "video/3gpp"),
  ENDS ("3gpp", ISO, "video/3gpp"),
  ENDS ("3g2", ISO, "video/3gpp2"),
  ENDS ("mts", MPEG_TS, "video/mp2t"),
  ENDS ("m2ts", MPEG_TS, "video/mp2t"),
  ENDS ("m2t", MPEG_TS, "video/mp2t"),
  SHARED ("ts", MPEG_TS, "video/mp2t"),
  SHARED ("tod", MPEG_TS, "video/mp2t"),
  SHARED ("mod", MPEG_PS, "video/mpeg"),
  ENDS ("mpg", MPEG_PS, "video/mpeg"),
  ENDS ("mpeg", MPEG_PS, "video/mpeg"),
  ENDS ("m2v", MPEG_PS, "video/mpeg"),
  ENDS ("vob", MPEG_PS, "video/mpeg"),
  ENDS ("avi", RIFF, "video/x-msvideo"),
  ENDS ("mkv", EBML, "video/x-matroska"),
  ENDS ("webm", EBML, "video/webm"),
  ENDS ("wmv", ASF, "video/x-ms-wmv"),
  ENDS ("asf", ASF, "video/x-ms-asf"),
  ENDS ("flv", OTHER, "video/x-flv"),
  ENDS ("f4v", ISO, "video/mp4"),
  ENDS ("ogv", OGG, "video/ogg"),
  ENDS ("dv", OTHER, "video/dv"),
  ENDS ("h264", OTHER, "video/h264"),
  ENDS ("h265", OTHER, "video/h265"),
  ENDS ("hevc", OTHER, "video/h265"),
  ENDS ("mjpeg", JPEG, "video/x-mjpeg"),
  ENDS ("mjpg", JPEG, "video/x-mjpeg"),
  /* Sound. */
  ENDS ("mp3", OTHER, "audio/mpeg"),
  ENDS ("m4a", ISO, "audio/mp4"),
  ENDS ("m4b", ISO, "audio/mp4"),
  ENDS ("3ga", ISO, "audio/3gpp"),
  ENDS ("aac", OTHER, "audio/aac"),
  ENDS ("amr", OTHER, "audio/amr"),
  ENDS ("awb", OTHER, "audio/amr-wb"),
  ENDS ("wav", RIFF, "audio/x-wav"),
  ENDS ("bwf", RIFF, "audio/x-wav"),
  ENDS ("flac", OTHER, "audio/flac"),
  ENDS ("ogg", OGG, "audio/ogg"),
  ENDS ("oga", OGG, "audio/ogg"),
  ENDS ("opus", OGG, "audio/ogg"),
  ENDS ("spx", OGG, "audio/ogg"),
  ENDS ("mka", EBML, "audio/x-matroska"),
  ENDS ("weba", EBML, "audio/webm"),
  ENDS ("wma", ASF, "audio/x-ms-wma"),
  ENDS ("caf", OTHER, "audio/x-caf"),
  ENDS ("aif", OTHER, "audio/x-aiff"),
  ENDS ("aiff", OTHER, "audio/x-aiff"),
  /* Forms, and files that go with them. */
  ENDS ("pdf", OTHER, "application/pdf"),
  ENDS ("json", OTHER, "application/json"),
  ENDS ("xml", OTHER, "application/xml"),
  ENDS ("csv", OTHER, "text/csv"),
  ENDS ("txt", OTHER, "text/plain"),
};

#define TS_PACKET_BYTES 188

/* Packets of 188 bytes beginning with 0x47 (ISO/IEC 13818-1); camcorders put a time stamp of four bytes before each. */
static gboolean
is_transport_stream (const guint8 *head, gsize head_bytes, gsize stamp_bytes)
{
  gsize packet_bytes = TS_PACKET_BYTES + stamp_bytes;

  return head_bytes > stamp_bytes + 2 * packet_bytes && head[stamp_bytes] == 0x47
         && head[stamp_bytes + packet_bytes] == 0x47 && head[stamp_bytes + 2 * packet_bytes] == 0x47;
}

static const Beginning transport_stream = BEGINS (0, "", MPEG_TS, "video/mp2t");

/* ISO media, QuickTime and RIFF have their names after a length of four bytes. If these four are text, so is the name: a
 * note beginning "The wide river" must not become a video that waits for an unmetered network. */
static gboolean
is_in_text (const Beginning *beginning, const guint8 *head)
{
  return (beginning->at == 4 || beginning->at == 8)
         && g_utf8_validate ((const char *) head + beginning->at - 4, 4, NULL);
}

/* Returns: (nullable) */
static const Beginning *
find_beginning (const guint8 *head, gsize head_bytes)
{
  for (guint i = 0; i < G_N_ELEMENTS (beginnings); i++)
    {
      const Beginning *beginning = &beginnings[i];

      if (head_bytes >= beginning->at + beginning->length
          && memcmp (head + beginning->at, beginning->bytes, beginning->length) == 0 && !is_in_text (beginning, head))
        return beginning;
    }

  return is_transport_stream (head, head_bytes, 0) || is_transport_stream (head, head_bytes, 4) ? &transport_stream
                                                                                                : NULL;
}

/* Returns: (nullable) */
static const Ending *
find_ending (const char *name)
{
  const char *dot = strrchr (name, '.');

  for (guint i = 0; dot && i < G_N_ELEMENTS (endings); i++)
    if (g_ascii_strcasecmp (dot + 1, endings[i].ending) == 0)
      return &endings[i];

  return NULL;
}

char *
ob_media_type_guess (const char *name, const void *head, gsize head_bytes)
{
  const Beginning *beginning = find_beginning (head, head_bytes);
  const Ending *ending = find_ending (name);
  g_autofree char *content_type = NULL;
  char *type;

  if (beginning && ending && ending->family == beginning->family && beginning->family != FAMILY_RIFF
      && beginning->family != FAMILY_OTHER)
    return g_strdup (ending->type);
  if (beginning)
    return g_strdup (beginning->type);
  if (ending && !ending->is_shared)
    return g_strdup (ending->type);
  content_type = g_content_type_guess (name, head, head_bytes, NULL);
  type = g_content_type_get_mime_type (content_type);

  return type ? type : g_strdup ("application/octet-stream");
}

static gboolean
is_database_in (const char *data_folder)
{
  static const char *const names[] = { "mime.cache", "globs2", "globs" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (data_folder, "mime", names[i], NULL);

      if (g_file_test (path, G_FILE_TEST_IS_REGULAR))
        return TRUE;
    }

  return FALSE;
}

gboolean
ob_media_type_has_database (void)
{
  if (is_database_in (g_get_user_data_dir ()))
    return TRUE;
  for (const char *const *folder = g_get_system_data_dirs (); *folder; folder++)
    if (is_database_in (*folder))
      return TRUE;

  return FALSE;
}
