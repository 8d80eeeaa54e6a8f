/*
 * objects: what is told of System V's shared memory, semaphores and message queues.
 *
 * Numbers are the kernel's choice; times are told as whether there is one.
 */
#define _GNU_SOURCE
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include <workloads/random_calls/arguments.h>

/* struct ipc64_perm */
struct permissions {
	int32_t key;
	uint32_t uid, gid, cuid, cgid, mode;
	uint16_t sequence, padding[3];
	uint64_t unused[2];
};

/* struct msqid64_ds, shmid64_ds, semid64_ds of x86-64 */
struct letters_status {
	struct permissions of;
	int64_t sent, received, changed;
	uint64_t bytes, letters, most;
	int32_t sender, receiver;
};

struct shared_status {
	struct permissions of;
	uint64_t size;
	int64_t attached, detached, changed;
	int32_t creator, last;
	uint64_t users;
};

struct semaphores_status {
	struct permissions of;
	int64_t operated, unused1, changed, unused2;
	uint64_t count;
};

/* --- read by calls ------------------------------------------------------------------ */

static void draw_owner(struct draw *draw, char *at)
{
	static const uint32_t users[] = {0, 1000, 1000, 1001},
			      modes[] = {0600, 0666, 0644, 0, 07777};
	struct permissions of = {.uid = DRAW_FROM(draw, users), .gid = DRAW_FROM(draw, users)};

	of.mode = DRAW_FROM(draw, modes);
	memcpy(at, &of, sizeof(of));
	note_pair(of.uid, of.gid);
	note_hex(of.mode);
}

void fill_letters_status(struct draw *draw, char *at)
{
	static const uint64_t mosts[] = {16384, 16384, 1000, 100, 0, 16385};
	struct letters_status status = {.most = DRAW_FROM(draw, mosts)};

	memcpy(at, &status, sizeof(status));
	draw_owner(draw, at);
	note_number((int64_t)status.most);
}

void fill_shared_status(struct draw *draw, char *at)
{
	memset(at, 0, sizeof(struct shared_status));
	draw_owner(draw, at);
}

void fill_semaphores_status(struct draw *draw, char *at)
{
	memset(at, 0, sizeof(struct semaphores_status));
	draw_owner(draw, at);
}

void fill_operations(struct draw *draw, char *at)
{
	static const short changes[] = {0, 1, 1, 2, -1, -1, -2, 32767, -32768};
	static const short flags[] = {IPC_NOWAIT, IPC_NOWAIT, 0, SEM_UNDO, SEM_UNDO | IPC_NOWAIT};
	struct sembuf operations[3];

	for (int i = 0; i < 3; i++) {
		operations[i] = (struct sembuf){(unsigned short)draw_below(draw, 5),
			DRAW_FROM(draw, changes), DRAW_FROM(draw, flags)};
		note_pair(operations[i].sem_num, operations[i].sem_op);
		note_hex((uint16_t)operations[i].sem_flg);
	}
	memcpy(at, operations, sizeof(operations));
}

void fill_semaphores(struct draw *draw, char *at)
{
	static const uint16_t values[] = {0, 0, 1, 2, 5, 32767, 40000};

	for (int i = 0; i < 4; i++) {
		uint16_t value = values[draw_below(draw, draw_one_in(draw, 8) ? 7 : 6)];

		memcpy(at + i * 2, &value, sizeof(value));
		note_number(value);
		note(" ");
	}
}

/* Its type before the bytes that are there already. */
void fill_letter(struct draw *draw, char *at)
{
	static const long types[] = {1, 1, 1, 2, 2, 3, 0, -1, 0x7fffffffffffffff};
	long type = DRAW_FROM(draw, types);

	memcpy(at, &type, sizeof(type));
	note_number(type);
}

/* --- written by calls ---------------------------------------------------------------- */

static void tell_owner(const struct permissions *of)
{
	note_hex((uint32_t)of->key);
	note_pair(of->uid, of->gid);
	note_pair(of->cuid, of->cgid);
	note_hex(of->mode);
	note(" ");
}

static void tell_moment(int64_t time)
{
	note(time == 0 ? "never " : "once ");
}

void tell_letters_status(const char *at, long result)
{
	const struct letters_status *status = (const struct letters_status *)at;

	(void)result;
	tell_owner(&status->of);
	tell_moment(status->sent);
	tell_moment(status->received);
	tell_moment(status->changed);
	note_pair((int64_t)status->bytes, (int64_t)status->letters);
	note_number((int64_t)status->most);
	note_process(status->sender);
	note_process(status->receiver);
}

void tell_shared_status(const char *at, long result)
{
	const struct shared_status *status = (const struct shared_status *)at;

	(void)result;
	tell_owner(&status->of);
	tell_moment(status->attached);
	tell_moment(status->detached);
	tell_moment(status->changed);
	note_pair((int64_t)status->size, (int64_t)status->users);
	note_process(status->creator);
	note_process(status->last);
}

void tell_semaphores_status(const char *at, long result)
{
	const struct semaphores_status *status = (const struct semaphores_status *)at;

	(void)result;
	tell_owner(&status->of);
	tell_moment(status->operated);
	tell_moment(status->changed);
	note_number((int64_t)status->count);
}

void tell_semaphores(const char *at, long result)
{
	(void)result;
	note_bytes(at, 16);
}

void tell_letter(const char *at, long result)
{
	size_t n = (size_t)result + 8;

	note_number(*(const long *)at);
	note(" ");
	note_bytes(at, n > WINDOW ? n : WINDOW);
}
