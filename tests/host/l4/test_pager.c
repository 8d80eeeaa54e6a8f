/*
 * Server and kernel together: address maps in the server, its pager part, and
 * below them the kernel's mapping database, which the clients' accesses go through.
 *
 * A client is a map, the kernel's space, and a model: for each page whether it is mapped, with
 * which rights, and which byte it holds. An access that the kernel's entry does not allow is a
 * fault, sent to the server as in a running system.
 */
#include <l4_abi.h>
#include <objects/objects.h>
#include <pager/l4_pager/l4_pager.h>
#include <tap.h>
#include <vm/vm.h>

#include "l4_test.h"

#define CLIENTS 5
#define PAGES   10
#define STEPS   40000
#define BASE    0x40000000ull

struct cell {
	unsigned refs;
	u8 byte;
};

struct client {
	bool alive;
	struct vm_map map;
	struct l4_space *space;
	struct {
		bool mapped, shared;
		unsigned prot;
		struct cell *cell; /* of shared memory: the same in all */
		u8 byte;
	} pages[PAGES];
};

static struct client clients[CLIENTS];
static unsigned excess, wrong_bytes, wrong_answers, accesses, faults;

s64 server_unmap(unsigned count, bool own)
{
	for (unsigned i = 0; i < count; i++)
		kernel_unmap(kernel_root_space(), l4_fpage_base(server_utcb.mr[i]),
			l4_fpage_rights(server_utcb.mr[i]), own);
	return 0;
}

static u64 address_of(unsigned page)
{
	return BASE + page * PAGE_SIZE;
}

/* --- the model ----------------------------------------------------------- */

static u8 *byte_of(struct client *c, unsigned page)
{
	return c->pages[page].shared ? &c->pages[page].cell->byte : &c->pages[page].byte;
}

static void forget(struct client *c, unsigned page)
{
	if (c->pages[page].mapped && c->pages[page].shared && --c->pages[page].cell->refs == 0)
		kfree(c->pages[page].cell, sizeof(struct cell));
	c->pages[page].mapped = false;
}

static bool model_allows(const struct client *c, unsigned page, unsigned access)
{
	if (!c->pages[page].mapped)
		return false;
	if (access == VM_PROT_READ)
		return c->pages[page].prot != VM_PROT_NONE;
	return c->pages[page].prot & access;
}

/* --- what clients do ----------------------------------------------------- */

/* As the server's loop does it. */
static bool serve_fault(struct client *c, u64 address, unsigned access)
{
	struct l4_message reply;

	l4_pager_begin_fault(&c->map.pmap, address);
	if (vm_fault(&c->map, address, access) != K_OK) {
		l4_pager_flush();
		return false;
	}
	l4_pager_answer(&reply);
	l4_pager_flush();
	check(reply.tag == l4_tag(0, 0, 2) && (reply.mr[0] & L4_ITEM_MASK) == L4_ITEM_MAP);
	check(kernel_map(kernel_root_space(), l4_fpage_base(reply.mr[1]), c->space,
		      l4_fpage_base(reply.mr[0]), l4_fpage_rights(reply.mr[1])) == 0);
	return true;
}

/* The byte that the client reaches, or NULL if the server refuses. */
static u8 *touch(struct client *c, unsigned page, unsigned access)
{
	for (unsigned tries = 0; tries < 3; tries++) {
		u64 frame;
		unsigned rights;
		if (kernel_look(c->space, address_of(page), &frame, &rights) && (rights & access))
			return (u8 *)page_bytes(phys_page(frame)) + 100;
		faults++;
		if (!serve_fault(c, address_of(page) + 100, access))
			return NULL;
	}
	wrong_answers++; /* a fault that was answered, and did not help */
	return NULL;
}

static void access_step(struct client *c)
{
	unsigned page = next_random() % PAGES,
		 access = next_random() % 2 ? VM_PROT_WRITE : VM_PROT_READ;
	u8 *byte = touch(c, page, access);

	accesses++;
	wrong_answers += (byte != NULL) != model_allows(c, page, access);
	if (!byte || !model_allows(c, page, access))
		return;
	if (access == VM_PROT_WRITE)
		*byte = *byte_of(c, page) = (u8)next_random();
	else
		wrong_bytes += *byte != *byte_of(c, page);
}

/* The server writes or reads a client's memory, as system calls do. */
static void copy_step(struct client *c)
{
	unsigned page = next_random() % PAGES;
	u8 byte = (u8)next_random();
	bool out = next_random() % 2;
	enum kstatus status = out ? vm_map_copyout(&c->map, address_of(page) + 100, &byte, 1)
				  : vm_map_copyin(&c->map, &byte, address_of(page) + 100, 1);

	wrong_answers +=
		(status == K_OK) != model_allows(c, page, out ? VM_PROT_WRITE : VM_PROT_READ);
	if (status != K_OK || !c->pages[page].mapped)
		return;
	if (out)
		*byte_of(c, page) = byte;
	else
		wrong_bytes += byte != *byte_of(c, page);
}

static void map_step(struct client *c)
{
	static const unsigned prots[] = {VM_PROT_NONE, VM_PROT_READ, VM_PROT_READ | VM_PROT_WRITE,
		VM_PROT_READ | VM_PROT_WRITE};
	unsigned page = next_random() % PAGES, prot = prots[next_random() % 4];
	bool shared = next_random() % 3 == 0;
	enum kstatus status =
		vm_map_enter(&c->map, address_of(page), PAGE_SIZE, prot, shared, NULL, 0);

	wrong_answers += (status == K_OK) == c->pages[page].mapped;
	if (status != K_OK)
		return;
	c->pages[page].mapped = true;
	c->pages[page].shared = shared;
	c->pages[page].prot = prot;
	c->pages[page].byte = 0;
	if (shared) {
		c->pages[page].cell = kalloc(sizeof(struct cell));
		check(c->pages[page].cell);
		*c->pages[page].cell = (struct cell){1, 0};
	}
}

static void unmap_step(struct client *c)
{
	unsigned page = next_random() % PAGES, count = 1 + next_random() % (PAGES - page);

	check(vm_map_remove(&c->map, address_of(page), count * PAGE_SIZE) == K_OK);
	for (unsigned i = page; i < page + count; i++)
		forget(c, i);
}

static void protect_step(struct client *c)
{
	unsigned page = next_random() % PAGES;
	unsigned prot = next_random() % 3 == 0 ? VM_PROT_NONE
			: next_random() % 2    ? VM_PROT_READ
					       : VM_PROT_READ | VM_PROT_WRITE;

	if (vm_map_protect(&c->map, address_of(page), PAGE_SIZE, prot) == K_OK)
		c->pages[page].prot = prot;
}

/* --- life ---------------------------------------------------------------- */

static void create(struct client *c)
{
	*c = (struct client){.alive = true, .space = kernel_space()};
	check(vm_map_create(&c->map, 0x10000, 0x7ffffffff000) == K_OK);
}

/* The kernel's space goes first, so nothing need be revoked; others keep what they share. */
static void destroy(struct client *c)
{
	kernel_space_end(c->space);
	l4_pager_detach(&c->map.pmap);
	vm_map_destroy(&c->map);
	l4_pager_detach(NULL);
	for (unsigned i = 0; i < PAGES; i++)
		forget(c, i);
	c->alive = false;
}

static void fork_step(struct client *parent)
{
	struct client *child = &clients[next_random() % CLIENTS];

	if (child->alive)
		return;
	create(child);
	check(vm_map_fork(&child->map, &parent->map) == K_OK);
	memcpy(child->pages, parent->pages, sizeof(child->pages));
	for (unsigned i = 0; i < PAGES; i++)
		if (child->pages[i].mapped && child->pages[i].shared)
			child->pages[i].cell->refs++;
}

/* --- the invariant ------------------------------------------------------- */

/* The kernel gives a client nothing that the server's notes do not say it has. */
static void check_excess(struct client *c)
{
	for (unsigned i = 0; i < PAGES; i++) {
		u64 frame;
		unsigned rights;
		if (!kernel_look(c->space, address_of(i), &frame, &rights))
			continue;
		const pte_t *note = pmap_find(&c->map.pmap, address_of(i));
		bool ok = note && (*note & PTE_PRESENT) && (*note & PTE_ADDRESS) == frame;
		excess += !ok || ((rights & VM_PROT_WRITE) && !(*note & PTE_WRITE)) ||
			  ((rights & VM_PROT_EXECUTE) && (*note & PTE_NX));
	}
}

static void step(struct client *c)
{
	if (!c->alive) {
		if (next_random() % 8 == 0)
			create(c);
		return;
	}
	u64 kind = next_random() % 32;
	if (kind < 18)
		access_step(c);
	else if (kind < 22)
		copy_step(c);
	else if (kind < 26)
		map_step(c);
	else if (kind < 28)
		unmap_step(c);
	else if (kind < 30)
		protect_step(c);
	else if (kind < 31)
		fork_step(c);
	else if (next_random() % 4 == 0)
		destroy(c);
	l4_pager_flush();
}

void test_pager(void)
{
	l4_pager_init(&server_utcb);
	for (unsigned i = 0; i < STEPS && excess + wrong_bytes + wrong_answers == 0; i++) {
		step(&clients[next_random() % CLIENTS]);
		for (unsigned c = 0; c < CLIENTS; c++)
			if (clients[c].alive)
				check_excess(&clients[c]);
	}
	tap_eq(excess, 0, "no client can reach what its map does not give it");
	tap_eq(wrong_bytes, 0, "every byte read is the one that was written last where it counts");
	tap_eq(wrong_answers, 0, "an access succeeds exactly where the map allows it");
	tap_ok(accesses > STEPS / 8 && faults > STEPS / 40, "there were many accesses and faults");
	for (unsigned c = 0; c < CLIENTS; c++)
		if (clients[c].alive)
			destroy(&clients[c]);
}
