#include "CStreamingCopy.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

/* As much as one instruction stores on every processor. */
typedef uint64_t word_pair __attribute__((vector_size(16)));

enum { line_bytes = 64, pairs_per_line = line_bytes / sizeof(word_pair) };

void latchkey_copy_streaming(void *destination, const void *source, size_t count)
{
    unsigned char *to = destination;
    const unsigned char *from = source;
    size_t head = -(uintptr_t)to % line_bytes;
    if (head > count) head = count;
    memcpy(to, from, head);
    to += head, from += head, count -= head;
    for (; count >= line_bytes; to += line_bytes, from += line_bytes, count -= line_bytes) {
        word_pair line[pairs_per_line];
        memcpy(line, from, line_bytes);
        for (int i = 0; i < pairs_per_line; i++) __builtin_nontemporal_store(line[i], (word_pair *)to + i);
    }
    /* Other threads may see such stores after later ones, as that which publishes the bytes, where nothing orders them. */
    atomic_thread_fence(memory_order_seq_cst);
    memcpy(to, from, count);
}
