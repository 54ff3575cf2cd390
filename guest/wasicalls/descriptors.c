#include "calls.h"

static void stat_line(void) {
  result("type %u flags %u read %d write %d", out[0], *(uint16_t *)(out + 2), (OUT64(8) & READ) != 0,
         (OUT64(8) & WRITE) != 0);
}

void descriptors(void) {
  made("file", "0123456789");
  i32 both = opened(RW, "file", 0, READ_WRITE, 0);
  i32 reader = opened(RW, "file", 0, READ, 0);
  i32 appender = opened(RW, "file", 0, WRITE, APPEND);
  i32 writer = opened(RW, "file", 0, WRITE, 0);

  T(fd_fdstat_get(both, OUT)), stat_line();
  T(fd_fdstat_get(reader, OUT)), stat_line();
  T(fd_fdstat_get(appender, OUT)), stat_line();
  T(fd_fdstat_get(RW, OUT)), result("type %u flags %u", out[0], *(uint16_t *)(out + 2));
  T(fd_fdstat_get(0, OUT)), result("read %d write %d", (OUT64(8) & READ) != 0, (OUT64(8) & WRITE) != 0);
  T(fd_fdstat_get(1, OUT)), result("read %d write %d", (OUT64(8) & READ) != 0, (OUT64(8) & WRITE) != 0);
  T(fd_fdstat_get(BAD, OUT));

  T(fd_fdstat_set_flags(both, APPEND));
  T(fd_fdstat_get(both, OUT)), stat_line();
  T(fd_fdstat_set_flags(both, 0));
  T(fd_fdstat_set_flags(both, NONBLOCK));
  T(fd_fdstat_get(both, OUT)), stat_line();
  T(fd_fdstat_set_flags(both, SYNC));
  T(fd_fdstat_set_flags(both, DSYNC));
  T(fd_fdstat_set_flags(both, RSYNC));
  T(fd_fdstat_set_flags(both, 32));
  T(fd_fdstat_set_flags(both, 0));
  T(fd_fdstat_set_flags(RW, APPEND));
  T(fd_fdstat_set_flags(RW, 0));
  T(fd_fdstat_set_flags(1, 0));
  T(fd_fdstat_set_flags(1, APPEND));
  T(fd_fdstat_set_flags(BAD, 0));

  T(fd_fdstat_set_rights(both, 0, 0));
  T(fd_fdstat_set_rights(both, READ, 0));
  T(fd_fdstat_set_rights(both, -1, -1));
  T(fd_fdstat_set_rights(RW, 0, 0));
  T(fd_fdstat_set_rights(0, 0, 0));
  T(fd_fdstat_set_rights(BAD, 0, 0));

  T(fd_advise(both, 0, 10, 0));
  T(fd_advise(both, 0, 0, 1));
  T(fd_advise(both, 100, 100, 2));
  T(fd_advise(both, 0, 10, 3));
  T(fd_advise(both, 0, 10, 4));
  T(fd_advise(both, 0, 10, 5));
  T(fd_advise(both, 0, 10, 6));
  T(fd_advise(both, 0, -1, 0));
  T(fd_advise(both, -1, 10, 0));
  T(fd_advise(writer, 0, 10, 0));
  T(fd_advise(RW, 0, 10, 0));
  T(fd_advise(0, 0, 10, 0));
  T(fd_advise(BAD, 0, 10, 0));
  T(fd_allocate(both, 0, 20));
  T(fd_allocate(both, 0, 0));
  T(fd_allocate(both, -1, 20));
  T(fd_allocate(reader, 0, 20));
  T(fd_allocate(RW, 0, 20));
  T(fd_allocate(0, 0, 20));
  T(fd_allocate(BAD, 0, 20));

  T(fd_sync(both));
  T(fd_sync(reader));
  T(fd_sync(RW));
  T(fd_sync(1));
  T(fd_sync(0));
  T(fd_sync(BAD));
  T(fd_datasync(both));
  T(fd_datasync(reader));
  T(fd_datasync(RW));
  T(fd_datasync(1));
  T(fd_datasync(BAD));

  T(fd_filestat_get(both, OUT));
  result("type %u links %u size %u", out[16], (unsigned)OUT64(24), (unsigned)OUT64(32));
  T(fd_filestat_get(RW, OUT)), result("type %u", out[16]);
  T(fd_filestat_get(1, OUT)), result("size %u", (unsigned)OUT64(32));
  T(fd_filestat_get(BAD, OUT));
  T(fd_filestat_set_size(both, 4));
  T(fd_filestat_get(both, OUT)), result("size %u", (unsigned)OUT64(32));
  T(fd_filestat_set_size(both, 10));
  T(fd_filestat_set_size(both, -1));
  T(fd_filestat_set_size(both, (i64)1 << 62));
  T(fd_filestat_set_size(reader, 4));
  T(fd_filestat_set_size(RW, 4));
  T(fd_filestat_set_size(1, 4));
  T(fd_filestat_set_size(BAD, 4));

  T(fd_filestat_set_times(both, 5000000000, 7000000000, 5));
  T(fd_filestat_get(both, OUT)), result("accessed %u modified %u", (unsigned)(OUT64(40) / 1000000000), (unsigned)(OUT64(48) / 1000000000));
  T(fd_filestat_set_times(both, 9000000000, 9000000000, 1));
  T(fd_filestat_get(both, OUT)), result("accessed %u modified %u", (unsigned)(OUT64(40) / 1000000000), (unsigned)(OUT64(48) / 1000000000));
  T(fd_filestat_set_times(both, 0, 0, 0));
  T(fd_filestat_set_times(both, 0, 0, 2));
  T(fd_filestat_set_times(both, 0, 0, 8));
  T(fd_filestat_set_times(both, 0, 0, 3));
  T(fd_filestat_set_times(both, 0, 0, 12));
  T(fd_filestat_set_times(both, 0, 0, 16));
  T(fd_filestat_set_times(reader, 0, 0, 5));
  T(fd_filestat_set_times(RW, 0, 0, 10));
  T(fd_filestat_set_times(1, 0, 0, 5));
  T(fd_filestat_set_times(BAD, 0, 0, 5));

  T(fd_prestat_get(RW, OUT)), result("tag %u length %u", out[0], OUT32(4));
  T(fd_prestat_get(RO, OUT)), result("tag %u length %u", out[0], OUT32(4));
  T(fd_prestat_get(5, OUT));
  T(fd_prestat_get(1, OUT));
  T(fd_prestat_get(BAD, OUT));
  T(fd_prestat_dir_name(RW, OUT, 3)), result("%.3s", out);
  T(fd_prestat_dir_name(RW, OUT, 2));
  T(fd_prestat_dir_name(RW, OUT, 100)), result("%.3s", out);
  T(fd_prestat_dir_name(both, OUT, 3));
  T(fd_prestat_dir_name(1, OUT, 3));
  T(fd_prestat_dir_name(BAD, OUT, 3));

  T(fd_renumber(reader, writer));
  T(fd_fdstat_get(writer, OUT)), stat_line();
  T(fd_fdstat_get(reader, OUT));
  T(fd_renumber(writer, writer));
  T(fd_renumber(BAD, writer));
  T(fd_renumber(writer, BAD));
  T(fd_renumber(writer, -1));

  T(fd_close(writer));
  T(fd_close(writer));
  T(fd_close(both));
  T(fd_close(appender));
  T(fd_close(BAD));
  T(fd_close(-1));
}
