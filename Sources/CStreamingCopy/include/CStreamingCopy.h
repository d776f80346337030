/* Copies that leave the processor's caches to others. */
#ifndef LATCHKEY_STREAMING_COPY_H
#define LATCHKEY_STREAMING_COPY_H

#include <stddef.h>

/* Copies count bytes as memcpy(3) does, but writes them past the caches: they are not read before they are overwritten, and
 * displace nothing that will be needed sooner. For what goes to memory that is larger than the caches. */
void latchkey_copy_streaming(void *destination, const void *source, size_t count);

#endif
