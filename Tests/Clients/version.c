/* Preloaded before the server: has it take libmicrohttpd for another version than it is. */
#include <stdlib.h>

const char *MHD_get_version(void) { return getenv("PRETENDED_LIBMICROHTTPD"); }
