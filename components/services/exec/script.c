/*
 * script: files that begin with "#!" and name who runs them.
 *
 * The rules are those of Linux's fs/binfmt_script.c: the first line, of which the first 256 bytes
 * count; blanks around the interpreter's path; all that follows is one argument. An interpreter may
 * be a script itself.
 */
#include <services/exec/exec.h>

bool script_is(const struct program *program)
{
	char mark[2];

	return program_read(program, 0, mark, sizeof(mark)) && mark[0] == '#' && mark[1] == '!';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Cuts the line into path and argument, in place; -ENOEXEC when there is no path, or it may be cut
 * off. */
static long parse(struct script *script, char *line, bool complete)
{
	char *end = line + strlen(line), *at = line;

	while (end > line && is_blank(end[-1]) && complete)
		*--end = '\0';
	while (is_blank(*at))
		at++;
	if (*at == '\0')
		return -ENOEXEC;
	script->interpreter = at;
	while (*at != '\0' && !is_blank(*at))
		at++;
	if (*at == '\0')
		return complete ? 0 : -ENOEXEC;
	*at++ = '\0';
	while (is_blank(*at))
		at++;
	script->argument = *at != '\0' ? at : NULL;
	return 0;
}

long script_read(const struct program *program, struct script **scripts)
{
	struct script *script;
	u64 n = MIN(program->size, SCRIPT_LINE) - 2;
	char *newline;

	if (*scripts && (*scripts)->depth == SCRIPT_DEPTH)
		return -ELOOP;
	script = kalloc(sizeof(*script));
	if (!script)
		return -ENOMEM;
	*script = (struct script){.outer = *scripts, .depth = *scripts ? (*scripts)->depth + 1 : 1};
	*scripts = script;
	if (!program_read(program, 2, script->line, n))
		return -EIO;
	for (newline = script->line;
		newline < script->line + n && *newline != '\n' && *newline != '\0'; newline++)
		;
	*newline = '\0';
	return parse(
		script, script->line, newline < script->line + n || program->size < SCRIPT_LINE);
}

long script_add(const struct script *script, const char *path, struct arguments *arguments)
{
	long error = 0;

	arguments->argc = 0;
	arguments->envc = 0;
	if (!script)
		return 0;
	for (; script && error == 0; script = script->outer) {
		error = arguments_add(arguments, script->interpreter, strlen(script->interpreter));
		arguments->argc++;
		if (error == 0 && script->argument) {
			error = arguments_add(
				arguments, script->argument, strlen(script->argument));
			arguments->argc++;
		}
	}
	if (error == 0)
		error = arguments_add(arguments, path, strlen(path));
	arguments->argc++;
	return error;
}

void script_free(struct script *script)
{
	while (script) {
		struct script *outer = script->outer;

		kfree(script, sizeof(*script));
		script = outer;
	}
}
