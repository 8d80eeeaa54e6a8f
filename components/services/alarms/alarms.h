/* alarms: the timer of real time that every process has. */
#pragma once

#include <services/services.h>

/* A new process has none set. */
void alarms_create(struct proc *proc);
void alarms_exit(struct proc *proc);
/* Another structure stands for the process from now on. */
void alarms_move(struct proc *from, struct proc *to);
