/* terminal: the devices behind descriptors 0 to 3 of process 1. */
#pragma once

#include <services/files/files.h>

void terminal_init(void);

/* By access mode, for whoever opens them by name. */
extern const struct file_ops console_ops[4], results_ops[4];

/* A new open file of the console, or of the result channel; NULL when memory is out. */
struct open_file *console_open(void) must_check;
struct open_file *results_open(void) must_check;
