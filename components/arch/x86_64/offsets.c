/* Structure offsets for assembly: each OFFSET line becomes a #define of <offsets.h>. */
#include <arch/arch.h>

#define OFFSET(name, value) __asm__ volatile("\n.ascii \"->" #name " %c0\"" : : "i"(value))

void offsets(void);
void offsets(void)
{
	OFFSET(FRAME_RAX, offsetof(struct trapframe, rax));
	OFFSET(FRAME_RDI, offsetof(struct trapframe, rdi));
	OFFSET(FRAME_RSI, offsetof(struct trapframe, rsi));
	OFFSET(FRAME_RDX, offsetof(struct trapframe, rdx));
	OFFSET(FRAME_R10, offsetof(struct trapframe, r10));
	OFFSET(FRAME_R8, offsetof(struct trapframe, r8));
	OFFSET(FRAME_R9, offsetof(struct trapframe, r9));
	OFFSET(FRAME_VECTOR, offsetof(struct trapframe, vector));
	OFFSET(FRAME_SIZE, sizeof(struct trapframe));
	OFFSET(FRAME_RIP_FROM_VECTOR,
		offsetof(struct trapframe, rip) - offsetof(struct trapframe, vector));
	OFFSET(FRAME_RSP_FROM_VECTOR,
		offsetof(struct trapframe, rsp) - offsetof(struct trapframe, vector));
	OFFSET(FRAME_CS_FROM_VECTOR,
		offsetof(struct trapframe, cs) - offsetof(struct trapframe, vector));
	OFFSET(CPU_RSP0, offsetof(struct cpu, tss.rsp[0]));
}
