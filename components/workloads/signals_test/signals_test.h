/* What the suites share. */
#pragma once

#include <workloads/common/signals.h>

long vector_kept(long (*call)(void));
