/* system: what is true of the machine as a whole. */
#pragma once

#include <services/errno.h>
#include <services/services.h>

#define NAME_LENGTH 64 /* of each of uname's names */

/* struct new_utsname of Linux: each field ends in a zero byte. */
struct utsname {
	char system[NAME_LENGTH + 1], node[NAME_LENGTH + 1], release[NAME_LENGTH + 1],
		version[NAME_LENGTH + 1], machine[NAME_LENGTH + 1], domain[NAME_LENGTH + 1];
};

/* The machine is called what it is called at its start. */
void system_init(void);
const struct utsname *system_names(void);
/* Its host name, or domain, from now on: at most NAME_LENGTH bytes and a zero. */
void system_set_name(const char *name, bool domain);
