/*
 * exec_child: what this program does when a case has executed it again.
 */
#pragma once

#define EXEC_CHILD_PREFIX "--child-"

/* Does what `role` names; the exit status. */
int exec_child(const char *role);
