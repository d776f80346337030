#include "CBuildInfo.h"

const char *latchkey_commit(void) { return LATCHKEY_COMMIT; }
