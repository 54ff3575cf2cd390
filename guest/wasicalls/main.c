// Makes every call of WASI preview 1 and provokes its errors, in a directory that is empty at first (descriptor 3) and
// one that is only to be read (4). What it prints depends on the host alone: two hosts can be compared line by line.
// Arguments: something, and then the numbers of calls to leave out.
#include "calls.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

unsigned char out[4096] __attribute__((aligned(16)));
static i32 last;

static const char *const ERRORS[] = {
    "SUCCESS", "TOOBIG", "ACCES", "ADDRINUSE", "ADDRNOTAVAIL", "AFNOSUPPORT", "AGAIN", "ALREADY", "BADF", "BADMSG",
    "BUSY", "CANCELED", "CHILD", "CONNABORTED", "CONNREFUSED", "CONNRESET", "DEADLK", "DESTADDRREQ", "DOM", "DQUOT",
    "EXIST", "FAULT", "FBIG", "HOSTUNREACH", "IDRM", "ILSEQ", "INPROGRESS", "INTR", "INVAL", "IO", "ISCONN", "ISDIR",
    "LOOP", "MFILE", "MLINK", "MSGSIZE", "MULTIHOP", "NAMETOOLONG", "NETDOWN", "NETRESET", "NETUNREACH", "NFILE",
    "NOBUFS", "NODEV", "NOENT", "NOEXEC", "NOLCK", "NOLINK", "NOMEM", "NOMSG", "NOPROTOOPT", "NOSPC", "NOSYS",
    "NOTCONN", "NOTDIR", "NOTEMPTY", "NOTRECOVERABLE", "NOTSOCK", "NOTSUP", "NOTTY", "NXIO", "OVERFLOW", "OWNERDEAD",
    "PERM", "PIPE", "PROTO", "PROTONOSUPPORT", "PROTOTYPE", "RANGE", "ROFS", "SPIPE", "SRCH", "STALE", "TIMEDOUT",
    "TXTBSY", "XDEV", "NOTCAPABLE",
};

static int left_out_count, call_count;
static char **left_out;

int begun(const char *call) {
  call_count++;
  for (int i = 0; i < left_out_count; i++)
    if (atoi(left_out[i]) == call_count) {
      printf("%d %s = left out\n", call_count, call);
      last = -1;
      return 0;
    }
  printf("%d %s = ", call_count, call);
  fflush(stdout);
  return 1;
}

i32 ended(i32 number) {
  last = number;
  printf("%s\n", (uint32_t)number < sizeof ERRORS / sizeof *ERRORS ? ERRORS[number] : "?");
  fflush(stdout);
  return number;
}

void result(const char *format, ...) {
  if (last != 0) return;
  va_list values;
  va_start(values, format);
  printf("  ");
  vprintf(format, values);
  printf("\n");
  va_end(values);
  memset(out, 0, sizeof out);
}

i32 piece(const void *pointer, uint32_t length) {
  static uint32_t pieces[8][2];
  static int next;
  uint32_t *one = pieces[next++ % 8];
  one[0] = (uint32_t)(intptr_t)pointer;
  one[1] = length;
  return AT(one);
}

i32 opened(i32 fd, const char *path, i32 flags, i64 rights, i32 fd_flags) {
  i32 descriptor = -1;
  i32 error = call_path_open(fd, FOLLOW, AT(path), (i32)strlen(path), flags, rights, 0, fd_flags, AT(&descriptor));
  if (error != 0) printf("cannot open %s: %s\n", path, ERRORS[error]);
  return descriptor;
}

void made(const char *path, const char *content) {
  i32 fd = opened(RW, path, CREAT | TRUNC, READ_WRITE, 0);
  call_fd_write(fd, piece(content, strlen(content)), 1, OUT);
  call_fd_close(fd);
}

int main(int argc, char **argv) {
  left_out_count = argc - 2;
  left_out = argv + 2;
  environment();
  descriptors();
  transfers();
  directories();
  opening();
  paths();
  polling();
  sockets();
  wild_pointers();
  closing();
  return 0;
}
