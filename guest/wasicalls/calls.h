// The 46 calls of WASI preview 1 as they are imported, without a C library between: pointers are numbers, so that a
// wrong one can be given too. Errors and results are printed, one line a call.
#pragma once
#include <stdint.h>

typedef int32_t i32;
typedef int64_t i64;

#define IMPORT(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name)))
#define CALL(name, ...) IMPORT(name) i32 call_##name(__VA_ARGS__)

CALL(args_get, i32, i32);
CALL(args_sizes_get, i32, i32);
CALL(environ_get, i32, i32);
CALL(environ_sizes_get, i32, i32);
CALL(clock_res_get, i32, i32);
CALL(clock_time_get, i32, i64, i32);
CALL(fd_advise, i32, i64, i64, i32);
CALL(fd_allocate, i32, i64, i64);
CALL(fd_close, i32);
CALL(fd_datasync, i32);
CALL(fd_fdstat_get, i32, i32);
CALL(fd_fdstat_set_flags, i32, i32);
CALL(fd_fdstat_set_rights, i32, i64, i64);
CALL(fd_filestat_get, i32, i32);
CALL(fd_filestat_set_size, i32, i64);
CALL(fd_filestat_set_times, i32, i64, i64, i32);
CALL(fd_pread, i32, i32, i32, i64, i32);
CALL(fd_prestat_get, i32, i32);
CALL(fd_prestat_dir_name, i32, i32, i32);
CALL(fd_pwrite, i32, i32, i32, i64, i32);
CALL(fd_read, i32, i32, i32, i32);
CALL(fd_readdir, i32, i32, i32, i64, i32);
CALL(fd_renumber, i32, i32);
CALL(fd_seek, i32, i64, i32, i32);
CALL(fd_sync, i32);
CALL(fd_tell, i32, i32);
CALL(fd_write, i32, i32, i32, i32);
CALL(path_create_directory, i32, i32, i32);
CALL(path_filestat_get, i32, i32, i32, i32, i32);
CALL(path_filestat_set_times, i32, i32, i32, i32, i64, i64, i32);
CALL(path_link, i32, i32, i32, i32, i32, i32, i32);
CALL(path_open, i32, i32, i32, i32, i32, i64, i64, i32, i32);
CALL(path_readlink, i32, i32, i32, i32, i32, i32);
CALL(path_remove_directory, i32, i32, i32);
CALL(path_rename, i32, i32, i32, i32, i32, i32);
CALL(path_symlink, i32, i32, i32, i32, i32);
CALL(path_unlink_file, i32, i32, i32);
CALL(poll_oneoff, i32, i32, i32, i32);
IMPORT(proc_exit) _Noreturn void call_proc_exit(i32);
CALL(proc_raise, i32);
CALL(sched_yield, void);
CALL(random_get, i32, i32);
CALL(sock_accept, i32, i32, i32);
CALL(sock_recv, i32, i32, i32, i32, i32, i32);
CALL(sock_send, i32, i32, i32, i32, i32);
CALL(sock_shutdown, i32, i32);

// Rights, open flags and lookup flags that are used here.
enum { READ = 2, WRITE = 64, READ_WRITE = 66 };
enum { CREAT = 1, DIRECTORY = 2, EXCL = 4, TRUNC = 8 };
enum { FOLLOW = 1 };
enum { APPEND = 1, DSYNC = 2, NONBLOCK = 4, RSYNC = 8, SYNC = 16 };

// Descriptors that the program starts with behind stdio.
enum { RW = 3, RO = 4, BAD = 99 };

// Beyond every memory that this program can have.
#define WILD ((i32)0xfffffff0u)

// A place for results, cleared before each line is printed.
extern unsigned char out[4096];
#define OUT ((i32)(intptr_t)out)
#define AT(pointer) ((i32)(intptr_t)(pointer))
#define OUT32(offset) (*(uint32_t *)(out + (offset)))
#define OUT64(offset) (*(uint64_t *)(out + (offset)))

// Prints the call as it is written here, and the name of its error. A call whose number is an argument of the program is
// left out: it is one that ends the guest.
#define T(call) (begun(#call) ? ended(call_##call) : -1)
int begun(const char *call);
i32 ended(i32 errno_number);
// A result, on a line of its own, if the last call succeeded.
void result(const char *format, ...);

// Pointer and length of a path.
#define P(text) AT(text), (i32)(sizeof(text) - 1)
// One piece of a buffer as iovec.
i32 piece(const void *pointer, uint32_t length);
// path_open without printing; -1 where it fails.
i32 opened(i32 fd, const char *path, i32 flags, i64 rights, i32 fd_flags);
void made(const char *path, const char *content);

void environment(void);
void descriptors(void);
void transfers(void);
void directories(void);
void opening(void);
void paths(void);
void polling(void);
void sockets(void);
void wild_pointers(void);
void closing(void);
