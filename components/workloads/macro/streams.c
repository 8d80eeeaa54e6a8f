/* Buffered files. A stream is read or written, not both. */
#include <workloads/macro/macro.h>

void stream_open(struct stream *stream, const char *path, int flags)
{
	stream->fd = open_file(path, flags);
	stream->at = stream->length = 0;
}

int stream_fill(struct stream *stream)
{
	stream->length = (size_t)need("read", sys_read(stream->fd, stream->buffer, STREAM_SIZE));
	stream->at = stream->length > 0;
	return stream->length > 0 ? stream->buffer[0] : -1;
}

void stream_flush(struct stream *stream)
{
	if (stream->at > 0 && sys_write(stream->fd, stream->buffer, stream->at) != (long)stream->at)
		bench_fail("a file could not be written", 0);
	stream->at = 0;
}

long stream_tell(struct stream *stream)
{
	return need("lseek", sys_call3(SYS_lseek, stream->fd, 0, SEEK_CUR));
}

void stream_seek(struct stream *stream, long position)
{
	if (stream->length == 0)
		stream_flush(stream);
	need("lseek", sys_call3(SYS_lseek, stream->fd, position, SEEK_SET));
	stream->at = stream->length = 0;
}

void stream_close(struct stream *stream)
{
	if (stream->length == 0)
		stream_flush(stream);
	need("close", sys_close(stream->fd));
}
