/*
 * hello: the first program of a boot that is not told what to run.
 *
 * An ordinary Linux program: it greets, says what it believes to run on and
 * which process it is.
 */
#include <sys/utsname.h>

#include <workloads/common/sys.h>
#include <workloads/common/text.h>

static void describe_system(struct text *text)
{
	struct utsname system;

	if (sys_call3(SYS_uname, (long)&system, 0, 0) < 0) {
		text_string(text, "a kernel that does not tell its name");
		return;
	}
	text_string(text, system.sysname);
	text_string(text, " ");
	text_string(text, system.release);
	text_string(text, " on ");
	text_string(text, system.machine);
}

int main(void)
{
	char line[512];
	struct text text = TEXT(line);

	text_string(&text, "Hello from user mode!\nI am process ");
	text_number(&text, sys_getpid());
	text_string(&text, ", a static Linux program, running on ");
	describe_system(&text);
	text_string(&text, ".\n");
	return text_write(&text, 1) == 0 ? 0 : 1;
}
