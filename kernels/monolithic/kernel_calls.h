/* The monolithic kernel's numbers: the personality's calls are its own, and there are no native
 * ones. */
#pragma once

#define ENTRY_CALLS  512 /* SERVICE_CALLS */
#define ENTRY_TABLE  service_calls
#define NATIVE_CALLS 0
