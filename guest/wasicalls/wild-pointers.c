#include "calls.h"

// Places outside of the memory, and such as no number of their kind may be at.
void wild_pointers(void) {
  i32 file = opened(RW, "data", 0, READ_WRITE, 0);
  static char buffer[16];
  T(args_sizes_get(WILD, OUT));
  T(args_sizes_get(OUT, WILD));
  T(args_get(WILD, OUT));
  T(args_get(OUT, WILD));
  T(environ_sizes_get(WILD, OUT));
  T(environ_get(WILD, OUT));
  T(clock_res_get(0, WILD));
  T(clock_time_get(0, 0, WILD));
  T(random_get(WILD, 64));
  T(random_get(OUT, -1));
  T(fd_fdstat_get(file, WILD));
  T(fd_filestat_get(file, WILD));
  T(fd_prestat_get(RW, WILD));
  T(fd_prestat_dir_name(RW, WILD, 3));
  T(fd_read(file, WILD, 1, OUT));
  T(fd_read(file, piece((void *)(intptr_t)WILD, 64), 1, OUT));
  T(fd_read(file, piece(buffer, -1), 1, OUT));
  T(fd_read(file, piece(buffer, 4), 1, WILD));
  T(fd_read(file, AT(buffer), -1, OUT));
  T(fd_pread(file, WILD, 1, 0, OUT));
  T(fd_pread(file, piece(buffer, 4), 1, 0, WILD));
  T(fd_write(file, WILD, 1, OUT));
  T(fd_write(file, piece((void *)(intptr_t)WILD, 64), 1, OUT));
  T(fd_write(file, AT(buffer), -1, OUT));
  T(fd_pwrite(file, WILD, 1, 0, OUT));
  T(fd_seek(file, 0, 0, WILD));
  T(fd_tell(file, WILD));
  T(fd_readdir(RW, WILD, 100, 0, OUT));
  T(fd_readdir(RW, OUT, -1, 0, OUT));
  T(fd_readdir(RW, OUT, 100, 0, WILD));
  T(path_create_directory(RW, WILD, 10));
  T(path_create_directory(RW, OUT, -1));
  T(path_filestat_get(RW, 0, WILD, 10, OUT));
  T(path_filestat_get(RW, 0, P("plain"), WILD));
  T(path_filestat_set_times(RW, 0, WILD, 10, 0, 0, 5));
  T(path_link(RW, 0, WILD, 10, RW, P("x")));
  T(path_link(RW, 0, P("plain"), RW, WILD, 10));
  T(path_open(RW, 0, WILD, 10, 0, READ, 0, 0, OUT));
  T(path_open(RW, 0, P("plain"), 0, READ, 0, 0, WILD));
  T(path_readlink(RW, WILD, 10, OUT, 10, OUT + 200));
  T(path_readlink(RW, P("sym"), WILD, 100, OUT + 200));
  T(path_readlink(RW, P("sym"), OUT, 100, WILD));
  T(path_remove_directory(RW, WILD, 10));
  T(path_rename(RW, WILD, 10, RW, P("x")));
  T(path_rename(RW, P("plain"), RW, WILD, 10));
  T(path_symlink(WILD, 10, RW, P("x")));
  T(path_symlink(P("x"), RW, WILD, 10));
  T(path_unlink_file(RW, WILD, 10));
  T(poll_oneoff(WILD, OUT, 1, OUT + 3000));
  T(poll_oneoff(OUT, WILD, 1, OUT + 3000));
  T(poll_oneoff(OUT, OUT + 1000, 1, WILD));
  T(sock_accept(file, 0, WILD));
  T(sock_recv(file, WILD, 1, 0, OUT, OUT + 4));
  T(sock_send(file, WILD, 1, 0, OUT));
  // Not where their numbers may lie.
  T(clock_time_get(0, 0, OUT + 1));
  T(fd_seek(file, 0, 0, OUT + 1));
  T(fd_filestat_get(file, OUT + 1));
  T(args_sizes_get(OUT + 1, OUT + 2));
  call_fd_close(file);
}
