/* What the kernel needs of the ELF-64 format (System V ABI, chapters 4 and 5). */
#pragma once

#include <lib/lib.h>

#define ELF_IDENT      "\177ELF\2" /* 64 bits */
#define ELF_EXECUTABLE 2
#define ELF_X86_64     62
#define ELF_LOAD       1
#define ELF_EXECUTE    1
#define ELF_WRITE      2

struct elf_header {
	u8 ident[16];
	u16 type, machine;
	u32 version;
	u64 entry, segments, sections;
	u32 flags;
	u16 size, segment_size, segment_count, section_size, section_count, names;
};

struct elf_segment {
	u32 type, flags;
	u64 offset, address, physical, file_size, memory_size, align;
};
