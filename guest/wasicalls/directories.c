#include "calls.h"
#include <stdio.h>
#include <string.h>

// Names that fit, sorted by the host's order away: how many, and whether each is known.
static void listed(uint32_t used) {
  unsigned count = 0, known = 0, cut = 0, directories = 0;
  uint64_t next = 0;
  for (uint32_t at = 0; at < used;) {
    if (used - at < 24) { cut++; break; }
    uint32_t length = *(uint32_t *)(out + at + 16);
    if (used - at - 24 < length) { cut++; break; }
    const char *name = (char *)out + at + 24;
    count++;
    directories += out[at + 20] == 3;
    known += (length == 1 && name[0] == '.') || (length == 2 && !memcmp(name, "..", 2)) ||
             (length == 1 && name[0] >= 'a' && name[0] <= 'd');
    uint64_t cookie = *(uint64_t *)(out + at);
    if (cookie != ++next) printf("  cookie %u\n", (unsigned)cookie);
    at += 24 + length;
  }
  result("%u entries, %u known, %u cut, %u directories", count, known, cut, directories);
}

void directories(void) {
  T(path_create_directory(RW, P("list")));
  i32 list = opened(RW, "list", DIRECTORY, READ, 0);
  made("list/a", "x");
  made("list/b", "x");
  T(path_create_directory(list, P("c")));
  T(path_symlink(P("a"), list, P("d")));
  i32 file = opened(RW, "list/a", 0, READ, 0);

  T(fd_readdir(list, OUT, 4096, 0, OUT + 4000)), listed(OUT32(4000));
  T(fd_readdir(list, OUT, 30, 0, OUT + 4000)), listed(OUT32(4000));
  T(fd_readdir(list, OUT, 24, 0, OUT + 4000)), listed(OUT32(4000));
  T(fd_readdir(list, OUT, 1, 0, OUT + 4000)), result("%u bytes", OUT32(4000));
  T(fd_readdir(list, OUT, 0, 0, OUT + 4000)), result("%u bytes", OUT32(4000));
  T(fd_readdir(list, OUT, 4000, 4, OUT + 4000)), result("%u bytes", OUT32(4000));
  T(fd_readdir(list, OUT, 4000, 6, OUT + 4000)), result("%u bytes", OUT32(4000));
  T(fd_readdir(list, OUT, 4000, 7, OUT + 4000)), result("%u bytes", OUT32(4000));
  T(fd_readdir(list, OUT, 4000, 1000, OUT + 4000)), result("%u bytes", OUT32(4000));
  T(fd_readdir(list, OUT, 4000, -1, OUT + 4000)), result("%u bytes", OUT32(4000));
  T(fd_readdir(file, OUT, 4000, 0, OUT + 4000));
  T(fd_readdir(0, OUT, 4000, 0, OUT + 4000));
  T(fd_readdir(BAD, OUT, 4000, 0, OUT + 4000));
  call_fd_close(file);

  // The directory is gone while it is open.
  T(path_create_directory(RW, P("gone")));
  i32 gone = opened(RW, "gone", DIRECTORY, READ, 0);
  T(path_remove_directory(RW, P("gone")));
  T(fd_readdir(gone, OUT, 4000, 0, OUT + 4000));
  T(path_create_directory(gone, P("x")));
  T(path_open(gone, 0, P("x"), CREAT, READ_WRITE, 0, 0, OUT));
  T(path_filestat_get(gone, 0, P("x"), OUT));
  T(fd_filestat_get(gone, OUT)), result("links %u", (unsigned)OUT64(24));
  call_fd_close(gone);
  call_fd_close(list);
}
