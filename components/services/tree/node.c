/*
 * node: names, and the table in which they are found again.
 *
 * The hash covers the parent and the name. All nodes in the table have an inode. A node that nobody
 * holds leaves the table and goes, and lets go of its parent: at most as far up as nobody holds
 * anything.
 */
#include <services/tree/tree.h>

#define BUCKETS 2048u

static struct node *table[BUCKETS];
static struct object_cache node_cache;
u32 tree_moves;

void nodes_init(void)
{
	memset(table, 0, sizeof(table));
	object_cache_init(&node_cache, "node", sizeof(struct node), _Alignof(struct node));
}

static u32 hash_of(const struct node *parent, const char *name, size_t length)
{
	u32 hash = (u32)((uintptr_t)parent >> 6) * 2654435761u;

	for (size_t i = 0; i < length; i++)
		hash = hash * 31 + (u8)name[i];
	return hash ^ hash >> 15;
}

static struct node **bucket_of(u32 hash)
{
	return &table[hash % BUCKETS];
}

char *node_name(const char *name, size_t length)
{
	char *copy = kalloc(length + 1);

	if (copy) {
		memcpy(copy, name, length);
		copy[length] = '\0';
	}
	return copy;
}

void node_name_free(char *name, size_t length)
{
	kfree(name, length + 1);
}

struct node *node_create(struct node *parent, const char *name, size_t length)
{
	struct node *node = object_alloc(&node_cache);

	if (!node)
		return NULL;
	node->name = node->short_name;
	if (length >= NODE_NAME_SHORT) {
		node->name = node_name(name, length);
		if (!node->name) {
			object_free(&node_cache, node);
			return NULL;
		}
	} else {
		memcpy(node->name, name, length);
		node->name[length] = '\0';
	}
	node->refs = 1;
	node->hash = hash_of(parent, name, length);
	node->next = NULL;
	node->parent = parent ? node_ref(parent) : node;
	node->inode = NULL;
	list_init(&node->children);
	list_init(&node->sibling);
	node->order = 0;
	node->last_order = 1;
	node->mounts = 0;
	node->length = (u16)length;
	node->linked = false;
	return node;
}

/* Into the table, and among its parent's children behind all others. */
static void enter(struct node *node)
{
	struct node **bucket = bucket_of(node->hash);

	node->next = *bucket;
	*bucket = node;
	node->order = ++node->parent->last_order;
	list_push_back(&node->parent->children, &node->sibling);
}

static void leave(struct node *node)
{
	struct node **at = bucket_of(node->hash);

	while (*at != node)
		at = &(*at)->next;
	*at = node->next;
	list_remove(&node->sibling);
}

void node_link(struct node *node)
{
	assert(!node->linked && node->inode);
	node->linked = true;
	if (node->inode->volume->in_memory)
		node_ref(node);
	enter(node);
}

void node_unlink(struct node *node)
{
	assert(node->linked);
	node->linked = false;
	leave(node);
	if (node->inode->volume->in_memory)
		node_unref(node);
}

void node_move(struct node *node, struct node *parent, char *name, size_t length)
{
	struct node *old = node->parent;

	tree_moves++;
	leave(node);
	if (node->name != node->short_name)
		node_name_free(node->name, node->length);
	if (length < NODE_NAME_SHORT) {
		memcpy(node->short_name, name, length + 1);
		node_name_free(name, length);
		name = node->short_name;
	}
	node->name = name;
	node->length = (u16)length;
	node->parent = node_ref(parent);
	node->hash = hash_of(parent, name, length);
	enter(node);
	node_unref(old);
}

static void node_free(struct node *node)
{
	if (node->linked) /* only remembered, not kept: the file system has it */
		leave(node);
	assert(list_is_empty(&node->children) && node->mounts == 0);
	if (node->inode && node->inode->links == 0)
		notify_gone(node->inode);
	if (node->inode)
		inode_unref(node->inode);
	if (node->name != node->short_name)
		node_name_free(node->name, node->length);
	object_free(&node_cache, node);
}

void node_unref(struct node *node)
{
	while (node) {
		struct node *parent = node->parent == node ? NULL : node->parent;

		assert(node->refs > 0);
		if (--node->refs > 0)
			return;
		node_free(node);
		node = parent;
	}
}

static struct node *look(struct node *dir, const char *name, size_t length)
{
	u32 hash = hash_of(dir, name, length);
	struct node *node;

	for (node = *bucket_of(hash); node; node = node->next) {
		if (node->hash == hash && node->parent == dir && node->length == length &&
			memcmp(node->name, name, length) == 0)
			return node;
	}
	return NULL;
}

/* Asks the file system, which may sleep: another may have entered the name meanwhile. */
static long ask(struct node *dir, const char *name, size_t length, struct node **out)
{
	struct inode *inode;
	struct node *node;
	long error = dir->inode->ops->find ? dir->inode->ops->find(dir->inode, name, length, &inode)
					   : -ENOENT;

	if (error != 0)
		return error;
	node = look(dir, name, length);
	if (node) {
		inode_unref(inode);
		*out = node_ref(node);
		return 0;
	}
	node = node_create(dir, name, length);
	if (!node) {
		inode_unref(inode);
		return -ENOMEM;
	}
	node->inode = inode;
	node->linked = true;
	enter(node);
	*out = node;
	return 0;
}

long node_find(struct node *dir, const char *name, size_t length, struct node **out)
{
	struct node *node;

	if (length > NAME_MAX)
		return -ENAMETOOLONG;
	node = look(dir, name, length);
	if (node) {
		*out = node_ref(node);
		return 0;
	}
	return dir->inode->volume->in_memory ? -ENOENT : ask(dir, name, length, out);
}

long node_find_cached(struct node *dir, const char *name, size_t length, struct node **out)
{
	struct node *node;

	if (length > NAME_MAX)
		return -ENAMETOOLONG;
	node = look(dir, name, length);
	if (!node)
		return -EAGAIN;
	*out = node_ref(node);
	return 0;
}

bool node_is_below(const struct node *node, const struct node *above)
{
	for (; node != above; node = node->parent) {
		if (node->parent == node)
			return false;
	}
	return true;
}
