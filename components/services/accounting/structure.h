/* structure: arguments of a call that come with their size, and may grow with later versions. */
#pragma once

#include <services/errno.h>
#include <services/services.h>

/*
 * Fetches a structure of which we know `known` bytes and the caller has `size`. What it lacks is
 * zero; what is more must be zero, for then it asks for nothing: else -E2BIG. -EFAULT.
 */
long structure_read(void *to, size_t known, vaddr_t at, size_t size) must_check;
