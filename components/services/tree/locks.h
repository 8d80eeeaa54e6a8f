/* locks: advisory locks on files, of fcntl (by process and range) and flock (by open file). */
#pragma once

#include <services/files/files.h>

struct inode;

/* fcntl's F_GETLK, F_SETLK, F_SETLKW and their forms for open files; -EINVAL for any other command.
 */
long locks_control(int fd, struct open_file *file, unsigned command, vaddr_t argument);
/* The process closes a descriptor of the file: its record locks go, as POSIX has it. */
void locks_close(struct inode *inode, struct proc *proc);
/* The open file goes, and its locks. */
void locks_release(struct inode *inode, struct open_file *file);
/* The file itself goes. */
void locks_free(struct inode *inode);
