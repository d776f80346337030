/* From which socket a thread receives. */
#ifndef LATCHKEY_CRECEPTION_H
#define LATCHKEY_CRECEPTION_H

#include <stdbool.h>

/* Linked into a program, never loaded by one, so no call is needed to find it. */
extern _Thread_local int latchkey_socket_of_thread __attribute__((tls_model("initial-exec"), visibility("hidden")));

/* The socket from which this thread has received last, or which it was said to look at; -1 before any. */
static inline int latchkey_looked_at_socket(void) { return latchkey_socket_of_thread; }

/* This thread looks at what it has received from `socket` before. */
static inline void latchkey_look_at_socket(int socket) { latchkey_socket_of_thread = socket; }

/* Whether receptions are seen: not under ThreadSanitizer, whose own recv(2) is this program's. */
bool latchkey_sees_receptions(void);

#endif
