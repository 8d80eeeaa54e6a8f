/*
 * host: a simulation of the environment, for the services' unit tests.
 *
 * Each client is a thread of the test program that runs a C function in place of a
 * Linux program. One thread runs at a time, and the one that runs next is chosen by a
 * seeded generator, so a run depends on nothing but its seed; a state in which nobody can ever run
 * again is found at once. Time is simulated: it jumps to the next deadline when all are asleep.
 *
 * A client's memory is kept in frames and regions, with rights that are checked at
 * each access, apart from the memory of the test program; so a service that follows a client's
 * address by itself crashes here too.
 */
#pragma once

#include <services/services.h>

/* --- runs ------------------------------------------------------------------ */

typedef void (*host_program)(void *argument);

/* What chance decides in a run; all counts are "one in n", 0: never. */
struct host_chances {
	u64 seed;
	u32 switch_at_call; /* another client runs before or after a call */
	u32 block_in_copy;  /* a copy from or to a client gives the monitor up meanwhile */
};

#define HOST_DEADLOCK (-1) /* everybody sleeps, and for ever */
#define HOST_REFUSED  (-2) /* services_start() failed: see host_start_status */

/*
 * Starts the services on the initial RAM disk that was set, and runs `program` as process 1 in the
 * place of the file `path`. The status of the power-off, or HOST_… Everything is taken down
 * afterwards.
 */
int host_run(const char *path, const char *args, host_program program, void *argument,
	struct host_chances chances);
extern enum kstatus host_start_status;

void host_set_initrd(const void *archive, size_t size);

/*
 * The machine's disk: its bytes, and who wants to hear of what is done to them. Requests may give
 * the monitor up by chance.
 */
struct host_disk {
	u8 *bytes;
	u64 sectors;
	bool read_only;
	void (*written)(u64 sector, u32 count, const void *bytes); /* before it is; or NULL */
	void (*flushed)(void);                                     /* or NULL */
	u32 blocks;  /* one request in so many gives the monitor up meanwhile */
	u64 fail_at; /* the nth request from now on fails (1: the next), once; 0: none */
};
extern struct host_disk host_disk;

/* What the kernel's command line says; NULL: nothing. */
void host_set_options(const char *line);

/* A random number of the run's generator. */
u64 host_random(void);
/* Whether something happens that happens once in n. */
bool host_chance(u32 n);

/* --- as a client ------------------------------------------------------------- */

/* A system call of the client that runs. Does not return where Linux would not. */
long host_call(long number, long a0, long a1, long a2, long a3, long a4, long a5);
#define HOST_ARGS(a0, a1, a2, a3, a4, a5, ...)                                                     \
	(long)(a0), (long)(a1), (long)(a2), (long)(a3), (long)(a4), (long)(a5)
#define host_sys(number, ...)                                                                      \
	host_call((number), HOST_ARGS(__VA_ARGS__ __VA_OPT__(, ) 0, 0, 0, 0, 0, 0))

/*
 * How calls travel; NULL: straight through service_calls[]. A transport that carries
 * memory along is asked first by each copy: true if it has served that one.
 */
struct host_transport {
	long (*call)(long number, const long arguments[6]);
	bool (*copyin)(void *to, vaddr_t from, size_t n);
	bool (*copyout)(vaddr_t to, const void *from, size_t n);
};
extern const struct host_transport *host_transport;

/* fork (57) or vfork (58); the child runs `program`, and then exits with 0. */
long host_fork(int number, host_program program, void *argument);

/*
 * The client does what it may not: an access that nothing allows, a processor exception. It comes
 * back if a handler has run.
 */
void host_fault(vaddr_t address, unsigned access);
void host_exception(unsigned vector);

/* What runs in the client when a signal handler at `address` is called; its return is a sigreturn.
 */
typedef void (*host_handler)(int signal, vaddr_t info, vaddr_t context);
void host_set_handler(vaddr_t address, host_handler handler);

/*
 * The client computes for so long, in its program, or the system does for it; others do not run
 * meanwhile, but what is due happens.
 */
void host_compute(u64 ns, bool in_system);

/* Fresh zeroed memory of the client, readable and writable. */
vaddr_t host_alloc(size_t n);
/* Accesses of the client's own: the test fails if it may not do that. */
void host_peek(void *to, vaddr_t from, size_t n);
void host_poke(vaddr_t to, const void *from, size_t n);
/* The same, which may fail. */
bool host_try_peek(void *to, vaddr_t from, size_t n);
bool host_try_poke(vaddr_t to, const void *from, size_t n);
/* Whether all of it could be accessed so (a set of ENV_PROT bits). */
bool host_may_access(vaddr_t at, size_t n, unsigned access);
/* What exec left in the client: where it would run, with which stack. */
vaddr_t host_entry(void);
vaddr_t host_stack(void);

/* --- the outside --------------------------------------------------------------- */

/* Characters for services_input(), once the services listen. */
void host_type(const char *text);
/* All that was written so far in this run, NUL-terminated. */
const char *host_console(void);
const char *host_results(void);

/* --- running out --------------------------------------------------------------- */

/* The nth allocation from now on (1: the next) fails: objects, mappings, address spaces. 0: none.
 */
void host_fail_allocation(u64 nth);
void host_stop_failing(void);
/* Whether that allocation has been reached. */
bool host_allocation_failed(void);
/* Objects that are live, and mappings of all clients: to find what was lost. */
u64 host_live_objects(void);
u64 host_live_spaces(void);

/* --- between the files of the simulation ------------------------------------------ */

struct host_space;
struct host_space *host_space_create(void);
struct host_space *host_space_share(struct host_space *space);
struct host_space *host_space_copy(struct host_space *space);
void host_space_destroy(struct host_space *space);
bool host_space_access(
	struct host_space *space, vaddr_t at, void *bytes, size_t n, unsigned access, bool checked);
bool host_may_allocate(void);
void host_objects_reset(void);
void host_file_memory_reset(void);
void host_outside_reset(void);
void host_block_in_copy(u32 once_in);
/* Lets the monitor go to another client that could run, if there is one. */
void host_give_way(void);

/* A test cannot go on: says why, with the seed, and ends the program. */
noreturn void host_die(const char *what);
