#ifndef LATCHKEY_BUILD_INFO_H
#define LATCHKEY_BUILD_INFO_H

/* The commit that the program was built from; a constant string. The package manifest knows it, and a C macro is the
 * only way for it to tell. */
const char *latchkey_commit(void);

#endif
