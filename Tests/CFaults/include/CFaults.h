/* Calls that fail where a test says so. */
#ifndef LATCHKEY_CFAULTS_H
#define LATCHKEY_CFAULTS_H

#include <stdbool.h>
#include <stdint.h>

/* Has the i-th descriptor that is added to an epoll set from now on be refused where bit i is set, as where there is no memory. */
void latchkey_refuse_additions(int set, uint64_t pattern);

/* Has the next `count` waits of an epoll set be interrupted, as by a signal. */
void latchkey_interrupt_waits(int set, int count);

/* Whether that is so: not under ThreadSanitizer, whose own epoll_ctl(2) is this program's. */
bool latchkey_can_refuse_additions(void);

#endif
