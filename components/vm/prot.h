/* The three rights to a page, as bits. */
#pragma once

#define VM_PROT_NONE    0u
#define VM_PROT_READ    1u
#define VM_PROT_WRITE   2u
#define VM_PROT_EXECUTE 4u
#define VM_PROT_ALL     7u

/* With an access: the map's owner itself is at work, who is not bound by the rights of an entry
 * (exec writing an image). */
#define VM_FORCE 8u
