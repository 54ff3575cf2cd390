#include "calls.h"

static char buffer[16];

void sockets(void) {
  i32 file = opened(RW, "plain", 0, READ_WRITE, 0);
  T(sock_accept(file, 0, OUT));
  T(sock_accept(RW, 0, OUT));
  T(sock_accept(0, 0, OUT));
  T(sock_accept(BAD, 0, OUT));
  T(sock_recv(file, piece(buffer, 4), 1, 0, OUT, OUT + 4));
  T(sock_recv(RW, piece(buffer, 4), 1, 0, OUT, OUT + 4));
  T(sock_recv(0, piece(buffer, 4), 1, 0, OUT, OUT + 4));
  T(sock_recv(BAD, piece(buffer, 4), 1, 0, OUT, OUT + 4));
  T(sock_send(file, piece("x", 1), 1, 0, OUT));
  T(sock_send(RW, piece("x", 1), 1, 0, OUT));
  T(sock_send(1, piece("x", 1), 1, 0, OUT));
  T(sock_send(BAD, piece("x", 1), 1, 0, OUT));
  T(sock_shutdown(file, 1));
  T(sock_shutdown(file, 0));
  T(sock_shutdown(RW, 3));
  T(sock_shutdown(1, 2));
  T(sock_shutdown(BAD, 1));
  T(proc_raise(0));
  T(proc_raise(2));
  T(proc_raise(-1));
  call_fd_close(file);
}
