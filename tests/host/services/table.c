/* The tests of the services, in order. */
#include <tap.h>

void contract_test_services(void);
void test_process(void);
void test_pipes(void);
void test_files(void);
void test_memory(void);
void test_exec(void);
void test_elf(void);
void test_initramfs(void);
void test_devices(void);
void test_signals(void);
void test_interrupts(void);
void test_sockets(void);
void test_tree(void);
void test_disk(void);
void test_crash(void);
void test_damage(void);
void test_exhaustion(void);
void test_shortage(void);
void test_usage(void);
void test_transport(void);

const struct contract_test contract_tests[] = {
	{"services", contract_test_services},
	{"process", test_process},
	{"pipes", test_pipes},
	{"files", test_files},
	{"memory", test_memory},
	{"exec", test_exec},
	{"elf", test_elf},
	{"initramfs", test_initramfs},
	{"devices", test_devices},
	{"signals", test_signals},
	{"interrupts", test_interrupts},
	{"sockets", test_sockets},
	{"tree", test_tree},
	{"disk", test_disk},
	{"crash", test_crash},
	{"damage", test_damage},
	{"exhaustion", test_exhaustion},
	{"shortage", test_shortage},
	{"usage", test_usage},
	{"transport", test_transport},
};
const unsigned contract_tests_count = sizeof(contract_tests) / sizeof(contract_tests[0]);
