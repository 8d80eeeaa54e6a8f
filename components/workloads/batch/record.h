/* record: what a script said, as a line of the result channel. */
#pragma once

#include <stddef.h>

#define RECORD_CHANNEL 3

/*
 * Writes {"type":"script","name":…,"status":…,"output":"…"}: the bytes of the file `output`, each
 * as the character of that number, and the status as wait(2) gives it, or -1 for a script that was
 * stopped because it took too long. False, and errno, if that could not be done.
 */
_Bool record_script(const char *name, int status, int output);
