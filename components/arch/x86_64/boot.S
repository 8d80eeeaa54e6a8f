/*
 * From the PVH entry to C.
 *
 * The loader enters in 32-bit protected mode, paging off, %ebx pointing to the
 * start info. We build the smallest page table that lets the kernel run where it
 * is linked (the first GiB, seen at 0 and at KERNEL_BASE), turn on long
 * mode and jump up. start.c then builds the real tables, with W^X.
 */
#include <frame.h>

#define KERNEL_BASE 0xffffffff80000000
#define PHYS(symbol) (symbol - KERNEL_BASE)

#define CR0_PE 0x1
#define CR0_MP 0x2
#define CR0_NE 0x20
#define CR0_WP 0x10000
#define CR0_AM 0x40000
#define CR0_PG 0x80000000
#define CR4_PAE 0x20
#define EFER 0xc0000080
#define EFER_LME_NXE 0x900

#define ENTRY_PRESENT_WRITE 0x3
#define ENTRY_HUGE_PRESENT_WRITE 0x83

	/* Xen's ELF note 18, XEN_ELFNOTE_PHYS32_ENTRY: the physical address of the entry. */
	.section .note.pvh, "a", @note
	.align 4
	.long 4, 4, 18
	.asciz "Xen"
	.long PHYS(boot_entry)

	.section .boot, "ax"
	.code32
	.globl boot_entry
boot_entry:
	cld
	movl $PHYS(boot_stack_top), %esp
	movl %ebx, PHYS(boot_start_info)

	/* Level 4: entries 0 and 511; level 3: entries 0 and 510; level 2: 512 pages of 2 MiB. */
	movl $(PHYS(boot_level3) + ENTRY_PRESENT_WRITE), PHYS(boot_level4)
	movl $(PHYS(boot_level3) + ENTRY_PRESENT_WRITE), PHYS(boot_level4) + 511 * 8
	movl $(PHYS(boot_level2) + ENTRY_PRESENT_WRITE), PHYS(boot_level3)
	movl $(PHYS(boot_level2) + ENTRY_PRESENT_WRITE), PHYS(boot_level3) + 510 * 8
	movl $PHYS(boot_level2), %edi
	movl $ENTRY_HUGE_PRESENT_WRITE, %eax
1:	movl %eax, (%edi)
	addl $8, %edi
	addl $0x200000, %eax
	cmpl $PHYS(boot_level2) + 4096, %edi
	jne 1b

	movl %cr4, %eax
	orl $CR4_PAE, %eax
	movl %eax, %cr4
	movl $PHYS(boot_level4), %eax
	movl %eax, %cr3
	movl $EFER, %ecx
	rdmsr
	orl $EFER_LME_NXE, %eax
	wrmsr
	movl $(CR0_PE | CR0_MP | CR0_NE | CR0_WP | CR0_AM | CR0_PG), %eax
	movl %eax, %cr0
	lgdt PHYS(boot_gdt_pointer)
	ljmp $SELECTOR_KERNEL_CODE, $PHYS(boot_long)

	.code64
boot_long:
	movabsq $boot_high, %rax
	jmp *%rax

	.text
boot_high:
	movl $SELECTOR_KERNEL_DATA, %eax
	movl %eax, %ss
	xorl %eax, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %fs
	movl %eax, %gs
	movq $boot_stack_top, %rsp
	xorl %ebp, %ebp
	movl boot_start_info(%rip), %edi
	call arch_start
	ud2

	.section .rodata
	.align 8
boot_gdt:
	.quad 0
	.quad 0x00af9b000000ffff	/* 64-bit code */
	.quad 0x00cf93000000ffff	/* data */
boot_gdt_pointer:
	.word boot_gdt_pointer - boot_gdt - 1
	.long PHYS(boot_gdt)

	.data
	.globl boot_start_info
boot_start_info:
	.long 0

	.bss
	.align 4096
boot_level4:
	.skip 4096
boot_level3:
	.skip 4096
boot_level2:
	.skip 4096
	.globl boot_stack, boot_stack_top
boot_stack:
	.skip 16384
boot_stack_top:

	.section .note.GNU-stack, "", @progbits
