/*
 * threads: what the files of the simulation share of its clients' threads.
 *
 * All of them are threads of the test program that hold one lock; `running`
 * says whose turn it is. Taking turns happens in host_switch_away() alone.
 */
#pragma once

#include <pthread.h>

#include <host.h>

enum host_state {
	HOST_CREATED,
	HOST_READY,
	HOST_ASLEEP,
	HOST_GONE,  /* its client has ended; it may still be on its way out of the monitor */
	HOST_ENDED, /* it will touch nothing any more, and can be joined */
};

struct host_thread {
	pthread_t thread;
	pthread_cond_t turn;
	struct proc *proc;
	enum host_state state;
	enum kstatus reason; /* why it woke */
	u64 deadline;
	struct list link; /* in `ready`, or in the queue that it sleeps in */
	struct list all;
	host_program program;
	void *argument;
	host_program child_program; /* for the fork that it is about to make */
	void *child_argument;
	bool attention; /* services_attention() is due */
	bool call_over; /* services_call_over() is due */
	struct env_times times;
	struct user_registers registers;
	u8 fpu[ENV_FPU_SIZE];
};

extern struct host_machine {
	pthread_mutex_t lock;
	struct host_thread controller; /* host_run() itself */
	struct host_thread *running;
	struct list ready;
	struct list threads;
	bool stopping; /* the run is over: whoever gets the turn ends */
	int status;    /* what host_run() answers */
	u64 now;
	u64 timer; /* when services_timer() is due */
	u64 random_state;
	struct host_chances chances;
	host_program first_program; /* of process 1 */
	void *first_argument;
} host_machine;

/* Gives the turn to `next` and waits for it to come back. */
void host_hand_over(struct host_thread *next);
/* It can run, and will be told that as the reason why it woke. */
void host_make_ready(struct host_thread *thread, enum kstatus reason);
/* Somebody else's turn, chosen by chance; the controller's when nobody can run. */
void host_switch_away(void);
/* The services want something of the running client: it gets that, and comes back if it may. */
void host_see_to(struct host_thread *self);
/* Frees what is left of a thread that has ended. */
void host_bury(struct host_thread *thread);
