/* suites: all there are, in the order they run in. A file holds one family, its two suites at its
 * end. */
#include <workloads/conform_test/conform.h>

extern const struct conform_suite opening, opening_user, names, names_user, bytes, attributes,
	attributes_user, descriptors, memory, processes, signals, identity, identity_user, limits,
	privileges, privileges_user, scheduling, scheduling_user, settings, others, others_user,
	seals, timers, splices, watches, system_v, vectors, clones, flags;

const struct conform_suite *const conform_suites[] = {&opening, &opening_user, &names, &names_user,
	&bytes, &attributes, &attributes_user, &descriptors, &memory, &processes, &signals,
	&identity, &identity_user, &limits, &privileges, &privileges_user, &scheduling,
	&scheduling_user, &settings, &others, &others_user, &seals, &timers, &splices, &watches,
	&system_v, &vectors, &clones, &flags, NULL};
