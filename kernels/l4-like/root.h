/* The root task: the one program that the kernel starts by itself. */
#pragma once

#include <arch/arch.h>

/* Gives it all free memory but the kernel's share, loads it from the initrd, and makes it ready to
 * run. */
void root_start(const struct boot_info *boot);
