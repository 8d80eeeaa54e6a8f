/* discipline: line editing, as in the "cooked" mode of every Unix. */
#include <services/terminal/discipline.h>

#define CTRL(letter) ((letter) - '@')
#define DELETE       0x7f

/* How a character shows: a control character as ^ and a letter. */
static u32 width(char c)
{
	return (u8)c < ' ' && c != '\t' && c != '\n' ? 2 : 1;
}

static void show(struct discipline *d, char c)
{
	char shown[2] = {'^', (char)(c + '@')};

	if (width(c) == 2)
		d->echo(shown, 2);
	else
		d->echo(&c, 1);
}

static void erase_last(struct discipline *d)
{
	if (d->length == 0)
		return;
	d->length--;
	for (u32 i = 0; i < width(d->line[d->length]); i++)
		d->echo("\b \b", 3);
}

void discipline_take(struct discipline *d, char c)
{
	assert(!d->complete);
	switch (c) {
	case DELETE:
	case CTRL('H'):
		erase_last(d);
		return;
	case CTRL('U'):
		while (d->length > 0)
			erase_last(d);
		return;
	case CTRL('D'):
		d->complete = true;
		return;
	case '\r':
	case '\n':
		d->echo("\r\n", 2);
		d->line[d->length++] = '\n';
		d->complete = true;
		return;
	default:
		if (d->length == DISCIPLINE_LINE - 1) { /* one byte is kept for the newline */
			d->echo("\a", 1);
			return;
		}
		show(d, c);
		d->line[d->length++] = c;
	}
}

void discipline_next(struct discipline *d)
{
	d->length = 0;
	d->complete = false;
}
