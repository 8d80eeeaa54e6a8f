/*
 * lib: what every piece of the kit may use.
 *
 * Types, the status codes, small macros, lists, strings and formatted output.
 * Everything here works alike in a kernel, in a user-mode server and in a unit
 * test on the host; it knows of no machine and of no slot but itself.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lib/list.h>
#include <lib/string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;
typedef u64 paddr_t; /* a physical address */
typedef u64 vaddr_t; /* a virtual address in some user address space: never dereferenced */

/* What a kernel function answers. Every one must be looked at. */
enum kstatus {
	K_OK = 0,
	K_NOMEM,       /* out of frames or of a bounded resource */
	K_FAULT,       /* a user address that is not the user's to touch */
	K_INVAL,       /* an argument that makes no sense */
	K_NOENT,       /* no such thing */
	K_EXISTS,      /* it is there already */
	K_DENIED,      /* not allowed */
	K_TIMEDOUT,    /* the time given ran out */
	K_INTERRUPTED, /* the wait was broken off */
	K_FULL,        /* a bounded queue is full */
	K_DEAD,        /* the other side is gone */
	K_RANGE,       /* too long for the place it is meant for */
};

#define must_check    __attribute__((warn_unused_result))
#define noreturn      _Noreturn
#define packed        __attribute__((packed))
#define aligned(n)    __attribute__((aligned(n)))
#define always_inline inline __attribute__((always_inline))
#define noinline      __attribute__((noinline))
#define likely(x)     __builtin_expect(!!(x), 1)
#define unlikely(x)   __builtin_expect(!!(x), 0)
#define barrier()     __asm__ volatile("" ::: "memory")

#define ARRAY_SIZE(a)                   (sizeof(a) / sizeof((a)[0]))
#define ALIGN_UP(x, n)                  (((x) + (n)-1) & ~((__typeof__(x))(n)-1))
#define ALIGN_DOWN(x, n)                ((x) & ~((__typeof__(x))(n)-1))
#define MIN(a, b)                       ((a) < (b) ? (a) : (b))
#define MAX(a, b)                       ((a) > (b) ? (a) : (b))
#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

/*
 * IS_ENABLED(CONFIG_X): 1 when Kconfig set X to y, else 0; an ordinary
 * expression, so that both sides of an `if` always compile. (A defined symbol
 * is 1, which pastes to a macro that shifts a 1 into second place.)
 */
#define LIB_SECOND(ignored, value, ...) value
#define LIB_PLACE_1                     0,
#define LIB_ENABLED3(placed)            LIB_SECOND(placed 1, 0)
#define LIB_ENABLED2(value)             LIB_ENABLED3(LIB_PLACE_##value)
#define IS_ENABLED(symbol)              LIB_ENABLED2(symbol)

/* Stops the machine (or the server, or the test): a bug of ours, never a user's doing. */
noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* assert() may be configured away; check() always evaluates, and panics. */
#define check(cond)                                                                                \
	do {                                                                                       \
		if (unlikely(!(cond)))                                                             \
			panic("%s:%d: check failed: %s", __FILE__, __LINE__, #cond);               \
	} while (0)
#define assert(cond)                                                                               \
	do {                                                                                       \
		if (IS_ENABLED(CONFIG_ASSERT))                                                     \
			check(cond);                                                               \
	} while (0)

/*
 * Formatted output: %s %c %d %i %u %x %p %% with l, ll, z, width, '0' and '-'.
 * kprintf writes to wherever this image's console_write() leads.
 * format_string returns the length the whole text has; at most size - 1 bytes
 * and a NUL are stored.
 */
void kprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
void kvprintf(const char *format, va_list ap);
size_t format_string(char *buf, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
size_t format_vstring(char *buf, size_t size, const char *format, va_list ap);

/* Given by the image: the console driver, a server's console channel, the test's output. */
void console_write(const char *text, size_t length);

/* Text for what takes bytes as they are, a line that needs a carriage return before each newline.
 */
static inline void write_lines(
	void (*send)(const char *bytes, size_t n), const char *text, size_t length)
{
	size_t done = 0;

	for (size_t i = 0; i < length; i++) {
		if (text[i] != '\n')
			continue;
		if (i > done)
			send(text + done, i - done);
		send("\r\n", 2);
		done = i + 1;
	}
	if (length > done)
		send(text + done, length - done);
}

/*
 * The value of `key=value` among the words of a command line, copied to `out` with a NUL. False,
 * and `out` as it was: it is absent, or longer than size - 1.
 */
bool option_value(const char *line, const char *key, char *out, size_t size);
