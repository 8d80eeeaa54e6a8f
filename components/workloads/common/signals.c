/* signals: a handler that counts. See signals.h. */
#include <workloads/common/signals.h>

volatile int handled;
siginfo_t last_info;

void note_signal(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	handled++;
	last_info = *info;
}
