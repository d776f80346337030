#include "CRetain.h"

/* Of Swift's runtime; its name and its parameter belong to the stable interface. */
void *swift_retain(void *object);

/* In a file of its own, so that no caller is compiled with it in sight. */
void latchkey_retain(void *object) { (void)swift_retain(object); }
