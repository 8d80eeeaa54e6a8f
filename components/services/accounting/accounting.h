/* accounting: the calls that nobody answered, and the end of a run. */
#pragma once

#include <services/services.h>

/* Writes the `enosys` lines and the `end` line of docs/measuring.md, and powers off. */
noreturn void services_end(int status);
