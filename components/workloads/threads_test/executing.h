/* executing: what this program does when a case has executed it. */
#pragma once

int executed_child(const char *role);
