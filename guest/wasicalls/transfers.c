#include "calls.h"
#include <string.h>

static char buffer[64];

void transfers(void) {
  made("data", "0123456789");
  i32 both = opened(RW, "data", 0, READ_WRITE, 0);
  i32 reader = opened(RW, "data", 0, READ, 0);
  i32 writer = opened(RW, "data", 0, WRITE, 0);
  i32 appender = opened(RW, "data", 0, READ_WRITE, APPEND);

  T(fd_read(both, piece(buffer, 4), 1, OUT)), result("%u %.4s", OUT32(0), buffer);
  T(fd_read(both, piece(buffer, 64), 1, OUT)), result("%u %.6s", OUT32(0), buffer);
  T(fd_read(both, piece(buffer, 64), 1, OUT)), result("%u", OUT32(0));
  T(fd_read(both, piece(buffer, 0), 1, OUT)), result("%u", OUT32(0));
  T(fd_read(both, 0, 0, OUT)), result("%u", OUT32(0));
  T(fd_read(writer, piece(buffer, 4), 1, OUT));
  T(fd_read(RW, piece(buffer, 4), 1, OUT));
  T(fd_read(1, piece(buffer, 4), 1, OUT));
  T(fd_read(BAD, piece(buffer, 4), 1, OUT));
  T(fd_read(0, piece(buffer, 4), 1, OUT)), result("%u", OUT32(0));
  T(fd_read(0, piece(buffer, 0), 1, OUT)), result("%u", OUT32(0));

  T(fd_write(both, piece("abc", 3), 1, OUT)), result("%u", OUT32(0));
  T(fd_tell(both, OUT)), result("%u", OUT32(0));
  T(fd_write(both, piece("", 0), 1, OUT)), result("%u", OUT32(0));
  T(fd_write(reader, piece("abc", 3), 1, OUT));
  T(fd_write(RW, piece("abc", 3), 1, OUT));
  T(fd_write(0, piece("abc", 3), 1, OUT));
  T(fd_write(BAD, piece("abc", 3), 1, OUT));
  T(fd_write(2, piece("", 0), 1, OUT)), result("%u", OUT32(0));

  // Two pieces next to one another; a host may take less than all.
  uint32_t pieces[2][2] = {{(uint32_t)AT("xx"), 2}, {(uint32_t)AT("yyy"), 3}};
  T(fd_write(both, AT(pieces), 2, OUT)), result("%u", OUT32(0));
  call_fd_filestat_set_size(both, 15);
  call_fd_seek(both, 15, 0, OUT);

  T(fd_pread(both, piece(buffer, 4), 1, 2, OUT)), result("%u %.4s", OUT32(0), buffer);
  T(fd_pread(both, piece(buffer, 4), 1, 1000, OUT)), result("%u", OUT32(0));
  T(fd_pread(both, piece(buffer, 4), 1, -1, OUT));
  T(fd_pread(both, piece(buffer, 4), 1, (i64)1 << 62, OUT)), result("%u", OUT32(0));
  T(fd_pread(both, 0, 0, 0, OUT)), result("%u", OUT32(0));
  T(fd_pread(writer, piece(buffer, 4), 1, 0, OUT));
  T(fd_pread(RW, piece(buffer, 4), 1, 0, OUT));
  T(fd_pread(0, piece(buffer, 4), 1, 0, OUT));
  T(fd_pread(1, piece(buffer, 4), 1, 0, OUT));
  T(fd_pread(BAD, piece(buffer, 4), 1, 0, OUT));
  T(fd_pwrite(both, piece("__", 2), 1, 1, OUT)), result("%u", OUT32(0));
  T(fd_pwrite(both, piece("end", 3), 1, 40, OUT)), result("%u", OUT32(0));
  T(fd_pwrite(both, piece("__", 2), 1, -1, OUT));
  T(fd_pwrite(both, piece("__", 2), 1, (i64)1 << 62, OUT));
  T(fd_pwrite(appender, piece("++", 2), 1, 0, OUT)), result("%u", OUT32(0));
  T(fd_pwrite(reader, piece("__", 2), 1, 0, OUT));
  T(fd_pwrite(RW, piece("__", 2), 1, 0, OUT));
  T(fd_pwrite(1, piece("__", 2), 1, 0, OUT));
  T(fd_pwrite(BAD, piece("__", 2), 1, 0, OUT));
  memset(buffer, 0, sizeof buffer);
  T(fd_pread(both, piece(buffer, 64), 1, 0, OUT)), result("%u %.18s", OUT32(0), buffer);

  T(fd_seek(both, 3, 0, OUT)), result("%u", OUT32(0));
  T(fd_seek(both, 3, 1, OUT)), result("%u", OUT32(0));
  T(fd_seek(both, -3, 2, OUT)), result("%u", OUT32(0));
  T(fd_seek(both, 1000, 2, OUT)), result("%u", OUT32(0));
  T(fd_seek(both, 0, 3, OUT));
  T(fd_seek(both, 0, 255, OUT));
  T(fd_seek(both, -1, 0, OUT));
  T(fd_seek(both, -5000, 1, OUT));
  T(fd_seek(both, -5000, 2, OUT));
  T(fd_seek(both, INT64_MAX, 1, OUT));
  call_fd_seek(both, 1045, 0, OUT);
  T(fd_seek(both, 0, 1, OUT)), result("%u", OUT32(0));
  T(fd_seek(both, (i64)1 << 40, 0, OUT)), result("%u", (unsigned)(OUT64(0) >> 32));
  T(fd_seek(RW, 0, 0, OUT));
  T(fd_seek(0, 0, 0, OUT));
  T(fd_seek(1, 0, 1, OUT));
  T(fd_seek(BAD, 0, 0, OUT));
  T(fd_tell(both, OUT)), result("%u", (unsigned)(OUT64(0) >> 32));
  T(fd_tell(RW, OUT));
  T(fd_tell(0, OUT));
  T(fd_tell(1, OUT));
  T(fd_tell(BAD, OUT));

  // Appending: where an appender is after it wrote, and who opened without.
  T(fd_seek(appender, 0, 0, OUT)), result("%u", OUT32(0));
  T(fd_write(appender, piece("**", 2), 1, OUT)), result("%u", OUT32(0));
  T(fd_filestat_get(appender, OUT)), result("size %u", (unsigned)OUT64(32));
  T(fd_tell(appender, OUT)), result("%u", OUT32(0));
  T(fd_read(appender, piece(buffer, 4), 1, OUT)), result("%u", OUT32(0));

  i32 fds[] = {both, reader, writer, appender};
  for (int i = 0; i < 4; i++) call_fd_close(fds[i]);
}
