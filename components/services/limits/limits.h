/* limits: how much of everything a process may have. */
#pragma once

#include <services/errno.h>
#include <services/services.h>

/* Process 1: Linux's own defaults. */
void limits_init(struct limits *limits);
