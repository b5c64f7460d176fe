#pragma once
#include <zlib.h>

// deflateInit2 is a macro, which Swift cannot call. 15 is the largest window, 16 asks for gzip's head and tail.
static inline int ruche_gzip_begin(z_stream *stream, int level)
{
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}
