#include "CLockWait.h"

_Thread_local uint64_t latchkey_lock_wait;
