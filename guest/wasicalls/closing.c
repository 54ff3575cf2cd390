#include "calls.h"

// The end: without stdin, without preopened directories, and out by proc_exit.
void closing(void) {
  T(fd_close(0));
  T(fd_read(0, OUT, 0, OUT));
  T(fd_close(2));
  T(fd_write(2, piece("x", 1), 1, OUT));
  i32 reused = opened(RW, "plain", 0, READ, 0);
  result("descriptor %d", reused);
  T(fd_renumber(reused, RO));
  T(path_open(RO, 0, P("file"), 0, READ, 0, 0, OUT));
  T(fd_prestat_get(RO, OUT));
  T(fd_close(RW));
  T(path_filestat_get(RW, 0, P("plain"), OUT));
  T(fd_prestat_get(RW, OUT));
  call_proc_exit(42);
}
