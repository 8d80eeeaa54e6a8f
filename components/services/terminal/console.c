/*
 * console: the machine's own terminal.
 *
 * Nobody polls for input while the keyboard is not watched, which begins when a program first cares
 * (reads, or changes a setting); from then on what is typed comes by services_input(), whoever
 * runs, so that ^C reaches a program that reads nothing.
 */
#include <services/accounting/accounting.h>
#include <services/process/process.h>
#include <services/terminal/tty.h>

struct terminal console;

static bool listening; /* the keyboard is watched */
static bool prompted;  /* a program has waited for input */

static void console_send(struct terminal *terminal, const char *bytes, size_t n)
{
	(void)terminal;
	env_console_write(bytes, n);
}

static void listen(struct terminal *terminal)
{
	(void)terminal;
	if (listening)
		return;
	listening = true;
	env_console_listen();
}

/*
 * A program waits for input, for the first time: whoever started the machine to type something can
 * begin. `until=prompt` ends the run there.
 */
static void note_prompt(struct terminal *terminal)
{
	char line[64], until[8];

	(void)terminal;
	if (prompted)
		return;
	prompted = true;
	env_result_write(line, format_string(line, sizeof(line),
				       "{\"type\":\"mark\",\"name\":\"prompt\",\"value\":%llu}\n",
				       (unsigned long long)env_now()));
	if (env_option("until", until, sizeof(until)) && strcmp(until, "prompt") == 0)
		services_end(0);
}

static const struct terminal_device device = {
	.send = console_send, .listen = listen, .awaited = note_prompt};

/* A number of at most four digits; 0 where there is none. */
static u16 read_number(const char **text)
{
	u16 number = 0;

	for (u32 i = 0; i < 4 && **text >= '0' && **text <= '9'; i++)
		number = (u16)(number * 10 + *(*text)++ - '0');
	return number;
}

/* `window=ROWSxCOLUMNS` of the kernel's command line says what is at the other end of the line. */
static void set_window(void)
{
	char text[16];
	const char *at = text;

	if (!env_option("window", text, sizeof(text)))
		memcpy(text, "24x80", sizeof("24x80"));
	console.window[0] = read_number(&at);
	at += *at == 'x';
	console.window[1] = read_number(&at);
}

void terminal_init(void)
{
	listening = false;
	prompted = false;
	terminals_init();
	terminal_create(&console, &device);
	set_window();
	terminal_add(&console);
}

void services_input(const char *bytes, size_t n)
{
	terminal_input(&console, bytes, n);
}

long terminal_open_console(struct open_file *file)
{
	terminal_attach(&console, file);
	return 0;
}

long terminal_open_serial(struct open_file *file)
{
	if (!(file->flags & O_NOCTTY) && (file->flags & O_ACCMODE) != O_WRONLY)
		terminal_acquire(&console, process_current());
	return terminal_open_console(file);
}

struct open_file *console_open(void)
{
	struct open_file *file = file_create(&terminal_ops[O_RDWR], NULL, O_RDWR);

	if (file)
		terminal_attach(&console, file);
	return file;
}
