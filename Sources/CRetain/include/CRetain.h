/* A reference that is counted at a certain place of the program. */
#ifndef LATCHKEY_RETAIN_H
#define LATCHKEY_RETAIN_H

/* Adds an owner to a Swift object. The compiler sees a call of which it knows nothing, and so never moves it past another
 * memory access: neither out of a critical section nor into one. Swift's own retains it may move past the store that unlocks. */
void latchkey_retain(void *object);

#endif
