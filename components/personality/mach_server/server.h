/*
 * What the files of the server know of each other.
 *
 * Two kernel threads. The first runs the services: it receives from one port set, whose members are
 * one port for each client process (so that whose port a request came through says who asked, and
 * nobody can pretend) and the exception port. The second is the pager of the initrd's files; it has
 * a port set of its own and never waits for the first, so that the first may read a client's memory
 * even when that has to be paged in.
 */
#pragma once

#include <emulator.h>
#include <mach.h>
#include <services/services.h>
#include <unix_mach_server.h>

/* Both a message that has come and the answer that is being made. */
union server_message {
	struct mach_msg_header head;
	union unix_message unix_message;
	struct mach_exception exception;
	struct mig_reply mig;
};

/* A call in progress, on the stack of the worker that serves it. */
struct server_call {
	struct proc *proc;
	struct unix_transfer transfer;
};

extern const struct mach_boot *server_boot;
extern mach_port_t server_task;       /* itself */
extern mach_port_t server_set;        /* the port set of the services */
extern mach_port_t server_exceptions; /* where clients' exceptions come */
extern mach_port_t server_template; /* a task with the emulation library and nothing else: what new
				       programs begin as */
extern struct emulator_header server_emulator; /* read from the library's image */

/* A kernel call that can fail only by a mistake of ours. */
void must(long result, const char *what);
enum kstatus status_of(long result);

/* Makes server_template. K_NOENT: no library in the initrd; K_INVAL: it is not one. */
enum kstatus must_check template_create(void);

/* A process's port, and its place among the names; K_NOMEM. */
enum kstatus must_check client_make_port(struct proc *proc);
void client_drop_port(struct proc *proc);
/* From now on its thread's exceptions are its own. */
void client_register_thread(struct proc *proc);
/* One fewer in its task; false: others go on with it, and its own thread in it has ended. */
bool client_leave_task(struct env_client *client);

/* By the name of its port, its thread or its task; NULL. */
struct proc *client_by_name(mach_port_t name);
/* The task whose memory a process's mappings are made in. */
static inline mach_port_t client_target(const struct proc *proc)
{
	return proc->client.fresh ? proc->client.fresh : proc->client.task;
}

/* The process goes on with the registers that env_set_registers() was given during its call. */
void registers_apply(struct proc *proc);
/* Sees to a process that is stopped or in a call; false: it has ended. */
bool attention_serve(struct proc *proc);
/* Asks anew for the attention of all that have not been seen to for want of a thread. */
void clients_attend(void);
/* The process ends: nobody is to see to it any more. */
void attention_forget(struct proc *proc);

/* The memory entry of a file's memory, for a client to map. */
mach_port_t objects_entry(struct env_object *object);

/* Starts the pager's thread. */
void files_start(void);
/* The memory object of a file; a right that vm_map() takes. */
enum kstatus must_check files_object(struct file_image *image, mach_port_t *object);
