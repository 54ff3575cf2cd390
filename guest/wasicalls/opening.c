#include "calls.h"

// path_open that closes again what it opened.
#define O(...) \
  if (begun("path_open(" #__VA_ARGS__ ")") && ended(call_path_open(__VA_ARGS__, OUT)) == 0) call_fd_close((i32)OUT32(0))

void opening(void) {
  T(path_create_directory(RW, P("dir")));
  T(path_create_directory(RW, P("dir/sub")));
  made("plain", "text");
  T(path_symlink(P("plain"), RW, P("link")));
  T(path_symlink(P("dir"), RW, P("dirlink")));
  T(path_symlink(P("missing"), RW, P("dangling")));
  T(path_symlink(P("circle"), RW, P("circle")));
  T(path_symlink(P(".."), RW, P("up")));
  T(path_symlink(P("../plain"), RW, P("dir/back")));
  T(path_symlink(P("../../x"), RW, P("dir/out")));
  i32 file = opened(RW, "plain", 0, READ, 0);

  O(RW, 0, P("plain"), 0, READ, 0, 0);
  O(RW, 0, P("plain"), 0, WRITE, 0, 0);
  O(RW, 0, P("plain"), 0, 0, 0, 0);
  O(RW, 0, P("plain"), 0, -1, -1, 0);
  O(RW, 0, P("plain"), CREAT, READ_WRITE, 0, 0);
  O(RW, 0, P("plain"), CREAT | EXCL, READ_WRITE, 0, 0);
  O(RW, 0, P("plain"), EXCL, READ_WRITE, 0, 0);
  O(RW, 0, P("plain"), DIRECTORY, READ, 0, 0);
  O(RW, 0, P("plain"), TRUNC, READ, 0, 0);
  O(RW, 0, P("plain"), TRUNC, WRITE, 0, 0);
  O(RW, 0, P("plain"), 16, READ, 0, 0);
  O(RW, 0, P("plain"), 0, READ, 0, 32);
  O(RW, 2, P("plain"), 0, READ, 0, 0);
  O(RW, 0, P("plain"), 0, READ_WRITE, 0, APPEND);
  O(RW, 0, P("plain"), 0, READ, 0, APPEND);
  O(RW, 0, P("plain"), 0, READ_WRITE, 0, NONBLOCK);
  O(RW, 0, P("plain"), 0, READ_WRITE, 0, SYNC);
  O(RW, 0, P("plain"), 0, READ_WRITE, 0, DSYNC);
  O(RW, 0, P("plain"), 0, READ_WRITE, 0, RSYNC);
  O(RW, 0, P("plain/"), 0, READ, 0, 0);
  O(RW, 0, P("plain/x"), 0, READ, 0, 0);
  O(RW, 0, P("plain/."), 0, READ, 0, 0);
  O(RW, 0, P("plain/.."), 0, READ, 0, 0);
  O(RW, 0, P("missing"), 0, READ, 0, 0);
  O(RW, 0, P("missing"), TRUNC, WRITE, 0, 0);
  O(RW, 0, P("missing/"), CREAT, READ_WRITE, 0, 0);
  O(RW, 0, P("missing/x"), CREAT, READ_WRITE, 0, 0);
  O(RW, 0, P("missing"), DIRECTORY | CREAT, READ, 0, 0);
  O(RW, 0, P("new1"), CREAT, READ, 0, 0);
  O(RW, 0, P("new2"), CREAT | EXCL | TRUNC, READ_WRITE, 0, 0);
  O(RW, 0, P("new3"), CREAT, 0, 0, 0);

  O(RW, 0, P("dir"), 0, READ, 0, 0);
  O(RW, 0, P("dir"), 0, READ_WRITE, 0, 0);
  O(RW, 0, P("dir"), 0, WRITE, 0, 0);
  O(RW, 0, P("dir"), DIRECTORY, READ, 0, 0);
  O(RW, 0, P("dir"), DIRECTORY, READ_WRITE, 0, 0);
  O(RW, 0, P("dir"), CREAT, READ, 0, 0);
  O(RW, 0, P("dir"), CREAT | EXCL, READ, 0, 0);
  O(RW, 0, P("dir"), CREAT | DIRECTORY, READ, 0, 0);
  O(RW, 0, P("dir"), TRUNC, READ, 0, 0);
  O(RW, 0, P("dir"), TRUNC, READ_WRITE, 0, 0);
  O(RW, 0, P("dir"), DIRECTORY | TRUNC, READ, 0, 0);
  O(RW, 0, P("dir"), DIRECTORY | EXCL, READ, 0, 0);
  O(RW, 0, P("dir"), 0, READ, 0, APPEND);
  O(RW, 0, P("dir"), DIRECTORY, READ, 0, NONBLOCK);
  O(RW, 0, P("dir/"), 0, READ, 0, 0);
  O(RW, 0, P("dir/."), 0, READ, 0, 0);
  O(RW, 0, P("dir//sub///"), 0, READ, 0, 0);
  O(RW, 0, P("dir/.."), 0, READ, 0, 0);
  O(RW, 0, P("."), 0, READ, 0, 0);
  O(RW, 0, P("./"), 0, READ, 0, 0);
  O(RW, 0, P(""), 0, READ, 0, 0);
  O(RW, 0, P(".."), 0, READ, 0, 0);
  O(RW, 0, P("../"), 0, READ, 0, 0);
  O(RW, 0, P("/"), 0, READ, 0, 0);
  O(RW, 0, P("/plain"), 0, READ, 0, 0);
  O(RW, 0, P("dir/../plain"), 0, READ, 0, 0);
  O(RW, 0, P("dir/../../x"), 0, READ, 0, 0);
  O(RW, 0, P("missing/../plain"), 0, READ, 0, 0);

  O(RW, 0, P("link"), 0, READ, 0, 0);
  O(RW, FOLLOW, P("link"), 0, READ, 0, 0);
  O(RW, 0, P("link"), CREAT, READ_WRITE, 0, 0);
  O(RW, FOLLOW, P("link"), CREAT | EXCL, READ_WRITE, 0, 0);
  O(RW, 0, P("link"), DIRECTORY, READ, 0, 0);
  O(RW, FOLLOW, P("link"), DIRECTORY, READ, 0, 0);
  O(RW, 0, P("link/"), 0, READ, 0, 0);
  O(RW, FOLLOW, P("link/"), 0, READ, 0, 0);
  O(RW, 0, P("dirlink"), 0, READ, 0, 0);
  O(RW, 0, P("dirlink"), DIRECTORY, READ, 0, 0);
  O(RW, FOLLOW, P("dirlink"), DIRECTORY, READ, 0, 0);
  O(RW, 0, P("dirlink/"), 0, READ, 0, 0);
  O(RW, 0, P("dirlink/sub"), 0, READ, 0, 0);
  O(RW, 0, P("dirlink/."), 0, READ, 0, 0);
  O(RW, 0, P("dir/back"), 0, READ, 0, 0);
  O(RW, FOLLOW, P("dir/back"), 0, READ, 0, 0);
  O(RW, FOLLOW, P("dir/out"), 0, READ, 0, 0);
  O(RW, FOLLOW, P("up"), 0, READ, 0, 0);
  O(RW, 0, P("up/x"), 0, READ, 0, 0);
  O(RW, FOLLOW, P("circle"), 0, READ, 0, 0);
  O(RW, 0, P("circle/x"), 0, READ, 0, 0);
  O(RW, FOLLOW, P("dangling"), 0, READ, 0, 0);
  O(RW, FOLLOW, P("dangling"), CREAT | EXCL, READ_WRITE, 0, 0);
  O(RW, FOLLOW, P("dangling/"), 0, READ, 0, 0);

  O(RW, 0, P("nul\0byte"), 0, READ, 0, 0);
  O(RW, 0, P("\xff\xfe"), 0, READ, 0, 0);
  static char long_name[300], long_path[5000];
  for (unsigned i = 0; i < sizeof long_name; i++) long_name[i] = 'n';
  for (unsigned i = 0; i < sizeof long_path; i++) long_path[i] = i % 2 ? '/' : '.';
  O(RW, 0, AT(long_name), 255, 0, READ, 0, 0);
  O(RW, 0, AT(long_name), 256, 0, READ, 0, 0);
  O(RW, 0, AT(long_path), 4000, 0, READ, 0, 0);
  O(RW, 0, AT(long_path), 5000, 0, READ, 0, 0);

  O(file, 0, P("x"), 0, READ, 0, 0);
  O(file, 0, P("."), 0, READ, 0, 0);
  O(0, 0, P("x"), 0, READ, 0, 0);
  O(BAD, 0, P("x"), 0, READ, 0, 0);

  O(RO, 0, P("file"), 0, READ, 0, 0);
  O(RO, 0, P("file"), 0, WRITE, 0, 0);
  O(RO, 0, P("file"), 0, READ_WRITE, 0, 0);
  O(RO, 0, P("file"), TRUNC, READ, 0, 0);
  O(RO, 0, P("file"), CREAT, READ, 0, 0);
  O(RO, 0, P("file"), CREAT | EXCL, READ, 0, 0);
  O(RO, 0, P("new"), CREAT, READ, 0, 0);
  O(RO, 0, P("new"), CREAT, READ_WRITE, 0, 0);
  O(RO, 0, P("new"), 0, READ, 0, 0);
  O(RO, 0, P("sub"), DIRECTORY, READ, 0, 0);
  O(RO, 0, P("sub"), DIRECTORY, READ_WRITE, 0, 0);
  call_fd_close(file);
}
