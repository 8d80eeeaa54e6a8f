/* What the suites share: the raw calls. */
#pragma once

#define _GNU_SOURCE
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include <workloads/common/signals.h>

#define KEY 0x4d6f7274

/* A process whose user is another's. */
void become_user(void);
/* A name space of its own, on someone's own Linux: nobody else's objects are there. */
void be_alone(void);
/* The file holds `expected` somewhere. */
bool proc_has(const char *path, const char *expected);

static inline long get_segment(int key, size_t size, int flags)
{
	return sys_call3(SYS_shmget, key, (long)size, flags);
}

static inline long attach(long id, void *at, int flags)
{
	return sys_call3(SYS_shmat, id, (long)at, flags);
}

static inline long detach(const void *at)
{
	return sys_call3(SYS_shmdt, (long)at, 0, 0);
}

static inline long control_segment(long id, int command, void *buffer)
{
	return sys_call3(SYS_shmctl, id, command, (long)buffer);
}

static inline long get_set(int key, int count, int flags)
{
	return sys_call3(SYS_semget, key, count, flags);
}

static inline long operate(long id, int number, int operation, int flags)
{
	struct sembuf one = {(unsigned short)number, (short)operation, (short)flags};

	return sys_call3(SYS_semop, id, (long)&one, 1);
}

static inline long control_set(long id, int number, int command, long argument)
{
	return sys_call4(SYS_semctl, id, number, command, argument);
}

static inline long get_queue(int key, int flags)
{
	return sys_call3(SYS_msgget, key, flags, 0);
}

struct letter {
	long type;
	char text[8192];
};

static inline long send_letter(long id, long type, const char *text, long size, int flags)
{
	static struct letter letter;

	letter.type = type;
	memcpy(letter.text, text, (size_t)size);
	return sys_call4(SYS_msgsnd, id, (long)&letter, size, flags);
}

static inline long receive_letter(long id, struct letter *letter, long size, long type, int flags)
{
	return sys_call6(SYS_msgrcv, id, (long)letter, size, type, flags, 0);
}

static inline long control_queue(long id, int command, void *buffer)
{
	return sys_call3(SYS_msgctl, id, command, (long)buffer);
}
