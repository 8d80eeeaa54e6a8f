/*
 * stack: what a program finds on its stack (System V ABI, AMD64 supplement, figure 3.9).
 *
 *     ENV_STACK_TOP - 8      eight zero bytes
 *                            the strings: path, arguments, environment
 *                            "x86_64", 16 random bytes
 *                            padding
 *                            auxiliary vector, environment pointers, NULL, argument pointers, NULL
 *     stack pointer (mod 16 = 0)   argc
 */
#include <services/exec/exec.h>
#include <services/identity/identity.h>

/* Linux, include/uapi/linux/auxvec.h */
#define AT_NULL     0
#define AT_PHDR     3
#define AT_PHENT    4
#define AT_PHNUM    5
#define AT_PAGESZ   6
#define AT_BASE     7
#define AT_FLAGS    8
#define AT_ENTRY    9
#define AT_UID      11
#define AT_EUID     12
#define AT_GID      13
#define AT_EGID     14
#define AT_PLATFORM 15
#define AT_CLKTCK   17
#define AT_SECURE   23
#define AT_RANDOM   25
#define AT_EXECFN   31

#define WORDS 64 /* what is written at once */

/* Words on their way to rising addresses. */
struct word_writer {
	struct proc *proc;
	vaddr_t to; /* of the first word that waits */
	u32 waiting;
	enum kstatus status;
	vaddr_t arguments_start, arguments_end; /* where their strings lie */
	vaddr_t auxiliary_start;
	bool secure; /* the program has more rights than who called it */
	u64 words[WORDS];
};

static void flush(struct word_writer *w)
{
	if (w->status == K_OK && w->waiting > 0)
		w->status = env_write_memory(w->proc, w->to, w->words, w->waiting * sizeof(u64));
	w->to += w->waiting * sizeof(u64);
	w->waiting = 0;
}

static void put(struct word_writer *w, u64 word)
{
	if (w->waiting == WORDS)
		flush(w);
	w->words[w->waiting++] = word;
}

/* Where the strings are, one after the other. */
struct string_walk {
	const struct argument_chunk *chunk;
	u32 at; /* in the chunk */
	vaddr_t address;
};

/* The address of the next string; moves on behind its NUL. */
static vaddr_t next_string(struct string_walk *walk)
{
	vaddr_t address = walk->address;

	for (;;) {
		u32 rest = CHUNK_BYTES - walk->at;
		u32 n = (u32)strnlen(walk->chunk->bytes + walk->at, rest);

		if (n < rest) {
			walk->at += n + 1;
			walk->address += n + 1;
			return address;
		}
		walk->chunk = walk->chunk->next;
		walk->at = 0;
		walk->address += rest;
	}
}

static enum kstatus write_strings(struct proc *proc, const struct arguments *arguments, vaddr_t to)
{
	const struct argument_chunk *chunk;
	u64 left = arguments->bytes;
	enum kstatus status = K_OK;

	for (chunk = arguments->first; left > 0 && status == K_OK; chunk = chunk->next) {
		size_t n = MIN(left, CHUNK_BYTES);

		status = env_write_memory(proc, to, chunk->bytes, n);
		to += n;
		left -= n;
	}
	return status;
}

/* The platform's name and the random bytes, in one piece; the strings' own addresses follow from
 * it. */
struct stack_extras {
	char platform[8];
	u64 random[2];
};

static void put_vectors(struct word_writer *w, const struct arguments *arguments,
	const struct credentials *who, const struct loaded *loaded, vaddr_t extras, vaddr_t strings)
{
	struct string_walk walk = {arguments->first, 0, strings};
	vaddr_t path = next_string(&walk);

	w->arguments_start = walk.address;

	put(w, arguments->argc);
	for (u32 i = 0; i < arguments->argc; i++)
		put(w, next_string(&walk));
	w->arguments_end = walk.address;
	put(w, 0);
	for (u32 i = 0; i < arguments->envc; i++)
		put(w, next_string(&walk));
	put(w, 0);

	w->auxiliary_start = w->to + w->waiting * sizeof(u64);

	const u64 auxiliary[][2] = {
		{AT_PAGESZ, PAGE_SIZE},
		{AT_CLKTCK, 100},
		{AT_PHDR, loaded->headers},
		{AT_PHENT, 56},
		{AT_PHNUM, loaded->headers != 0 ? loaded->headers_count : 0},
		{AT_BASE, loaded->base},
		{AT_FLAGS, 0},
		{AT_ENTRY, loaded->entry},
		{AT_UID, who->uid},
		{AT_EUID, who->euid},
		{AT_GID, who->gid},
		{AT_EGID, who->egid},
		{AT_SECURE, w->secure},
		{AT_RANDOM, extras + offsetof(struct stack_extras, random)},
		{AT_EXECFN, path},
		{AT_PLATFORM, extras + offsetof(struct stack_extras, platform)},
		{AT_NULL, 0},
	};
	for (size_t i = 0; i < ARRAY_SIZE(auxiliary); i++) {
		put(w, auxiliary[i][0]);
		put(w, auxiliary[i][1]);
	}
}

#define AUXILIARY_WORDS (2 * 17)

#define STACK_PROT  (ENV_PROT_READ | ENV_PROT_WRITE)
#define STACK_SPARE 131072u /* below the strings from the start, as on Linux; the rest grows */

static vaddr_t stack_bottom(const struct proc *proc, vaddr_t strings)
{
	u64 limit = ALIGN_DOWN(proc->leader->limits.of[LIMIT_STACK].soft, PAGE_SIZE);
	vaddr_t bottom = ALIGN_DOWN(strings, PAGE_SIZE) - STACK_SPARE;

	return ENV_STACK_TOP - bottom > limit ? ENV_STACK_TOP - limit : bottom;
}

static long note_stack(struct proc *proc, vaddr_t bottom)
{
	const struct mapping stack = {
		.start = bottom, .end = ENV_STACK_TOP, .prot = STACK_PROT, .flags = MAPPING_GROWS};

	return image_note(proc, NULL, &stack);
}

/* Where /proc looks for what exec put there. */
static void note_strings(
	struct memory *memory, const struct word_writer *w, vaddr_t stack, vaddr_t end)
{
	memory->stack = stack;
	memory->arguments_start = w->arguments_start;
	memory->arguments_end = w->arguments_end;
	memory->environment_end = end;
	memory->auxiliary_start = w->auxiliary_start;
	memory->auxiliary_end = w->auxiliary_start + AUXILIARY_WORDS * sizeof(u64);
}

long stack_build(struct proc *proc, const struct program *program,
	const struct arguments *arguments, struct loaded *loaded, vaddr_t *stack)
{
	struct credentials who = proc->identity;
	bool secure = identity_exec(&who, program->mode, program->uid, program->gid);
	struct stack_extras extra = {"x86_64", {env_random(), env_random()}};
	u64 words = 3 + (u64)arguments->argc + arguments->envc + AUXILIARY_WORDS;
	vaddr_t strings = ENV_STACK_TOP - 8 - arguments->bytes;
	vaddr_t extras = ALIGN_DOWN(strings - sizeof(extra), (u64)16);
	struct word_writer w = {.proc = proc,
		.secure = secure,
		.to = ALIGN_DOWN(extras - words * sizeof(u64), (u64)16)};
	vaddr_t bottom = stack_bottom(proc, strings);
	enum kstatus status;
	long error;

	if (w.to < bottom)
		return -E2BIG;
	*stack = w.to;
	status =
		env_map_anonymous(proc, &bottom, ENV_STACK_TOP - bottom, STACK_PROT, ENV_MAP_FIXED);
	error = status == K_OK ? note_stack(proc, bottom) : errno_of(status);
	if (error != 0)
		return error;
	if (status == K_OK)
		status = write_strings(proc, arguments, strings);
	if (status == K_OK)
		status = env_write_memory(proc, extras, &extra, sizeof(extra));
	if (status == K_OK) {
		put_vectors(&w, arguments, &who, loaded, extras, strings);
		flush(&w);
		assert(w.to == *stack + words * sizeof(u64));
		status = w.status;
		note_strings(proc->fresh_memory, &w, *stack, strings + arguments->bytes);
	}
	return errno_of(status);
}
