/* What Swift cannot ask zlib by itself: functions that are macros. */
#ifndef LATCHKEY_ZLIB_SHIMS_H
#define LATCHKEY_ZLIB_SHIMS_H

#include <zlib.h>

/* Prepares `stream` to compress into the gzip format (RFC 1952). deflateInit2 */
static inline int latchkey_begin_gzip(z_stream *stream, int level) {
  return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

#endif
