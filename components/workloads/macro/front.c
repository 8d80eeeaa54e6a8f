/*
 * The compiler's first half: cpp, which puts headers and source into one text,
 * and ccom, which makes lines of code of it. The language is no language, yet
 * the work is a compiler's: words are hashed and looked up, tokens become trees
 * by the precedence of their operators, trees are numbered by value again and
 * again, and code is written for each. PASSES is set so that the whole takes as
 * many instructions for a byte of text as a fast compiler does.
 */
#include <workloads/macro/compile.h>

#define TOKENS 8192
#define PASSES 33

struct node {
	uint32_t value, rank;
	struct node *left, *right;
	struct symbol *symbol;
};

static bool is_word(int byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
}

/* One file, its comments gone and its words counted. */
static void pass_through(struct stream *in, struct stream *out, struct symbol *symbols)
{
	uint32_t hash = HASH_BEGIN;

	stream_tell(in);
	for (int byte = stream_get(in); byte >= 0; byte = stream_get(in)) {
		if (is_word(byte)) {
			hash = hash_step(hash, byte);
		} else if (hash != HASH_BEGIN) {
			symbol_find(symbols, hash)->uses++;
			hash = HASH_BEGIN;
		}
		stream_put(out, byte);
	}
	stream_tell(in);
	stream_tell(out);
	stream_tell(in);
}

int cpp_main(int argc, char **argv)
{
	struct symbol *symbols = heap(SYMBOLS * sizeof(*symbols));
	struct stream in, out;
	char path[PATH_SIZE];

	if (argc != 2)
		bench_fail("cpp: a source and an output file are wanted", 0);
	close_inherited();
	stream_open(&out, argv[1], O_WRONLY | O_CREAT | O_TRUNC);
	for (unsigned int i = 0; i < HEADERS; i++) {
		path_number(path, "/usr/local/include/h", i, ".h");
		need_absent(path);
		path_number(path, "/usr/include/h", i, ".h");
		need_absent(path);
		path_number(path, INCLUDE_FOLDER "h", i, ".h");
		stream_open(&in, path, O_RDONLY);
		pass_through(&in, &out, symbols);
		stream_close(&in);
	}
	stream_open(&in, argv[0], O_RDONLY);
	pass_through(&in, &out, symbols);
	stream_close(&in);
	stream_close(&out);
	return 0;
}

/* How strongly an operator binds; 0: an operand. */
static uint32_t rank_of(int byte)
{
	switch (byte) {
	case '*':
		return 5;
	case '+':
	case '-':
		return 4;
	case '<':
	case '>':
		return 3;
	case '=':
		return 2;
	default:
		return 1;
	}
}

/* The text as nodes without connections; how many. */
static size_t read_tokens(struct stream *in, struct node *nodes, struct symbol *symbols)
{
	int byte = stream_get(in);
	size_t count = 0;

	while (byte >= 0) {
		uint32_t hash = HASH_BEGIN;

		if (byte == ' ' || byte == '\n') {
			byte = stream_get(in);
			continue;
		}
		if (count == TOKENS)
			bench_fail("ccom: the text is too long", 0);
		nodes[count].rank = is_word(byte) ? 0 : rank_of(byte);
		do {
			hash = hash_step(hash, byte);
			byte = stream_get(in);
		} while (nodes[count].rank == 0 && is_word(byte));
		nodes[count].value = hash;
		nodes[count].symbol = symbol_find(symbols, hash);
		nodes[count++].symbol->uses++;
	}
	return count;
}

/* Hangs each operator over its neighbours; a weaker one that follows takes what is finished. */
static void build_trees(struct node *nodes, size_t count)
{
	struct node *last = NULL, *top = NULL;

	for (struct node *node = nodes; node < nodes + count; node++) {
		if (node->rank == 0) {
			if (top != NULL && top->right == NULL)
				top->right = node;
			last = node;
			continue;
		}
		if (top != NULL && top->rank < node->rank && top->right != NULL) {
			node->left = top->right;
			top->right = node;
		} else {
			node->left = top != NULL ? top : last;
		}
		top = node->rank == 1 ? NULL : node; /* the end of an expression */
	}
}

/* Equal trees come to have equal values. */
static void number_values(struct node *nodes, size_t count, struct symbol *symbols)
{
	for (struct node *node = nodes; node < nodes + count; node++) {
		uint32_t hash = hash_step(node->symbol->hash, (int)node->rank);

		if (node->left != NULL)
			hash = hash_step(hash, (int)node->left->value);
		if (node->right != NULL)
			hash = hash_step(hash, (int)node->right->value);
		node->value = hash;
		if (node->rank > 1)
			symbol_find(symbols, node->symbol->hash)->value += hash & 7;
	}
}

/* A line of code: what is done, and to which value, in hexadecimal. */
static void write_code(struct stream *out, const struct node *node)
{
	stream_put(out, "lmscad"[node->rank]);
	for (int shift = 20; shift >= 0; shift -= 4)
		stream_put(out, "0123456789abcdef"[node->value >> shift & 15]);
	stream_put(out, '\n');
}

int ccom_main(int argc, char **argv)
{
	struct symbol *symbols = heap(SYMBOLS * sizeof(*symbols));
	struct node *nodes = heap(TOKENS * sizeof(*nodes));
	struct stream in, out;
	size_t count;

	if (argc != 2)
		bench_fail("ccom: a source and an output file are wanted", 0);
	close_inherited();
	stream_open(&in, argv[0], O_RDONLY);
	stream_open(&out, argv[1], O_WRONLY | O_CREAT | O_TRUNC);
	count = read_tokens(&in, nodes, symbols);
	build_trees(nodes, count);
	for (int pass = 0; pass < PASSES; pass++)
		number_values(nodes, count, symbols);
	for (size_t i = 0; i < count; i += 5) {
		write_code(&out, &nodes[i]);
		if (i % 300 == 0)
			stream_tell(&out);
	}
	stream_close(&in);
	stream_close(&out);
	return 0;
}
