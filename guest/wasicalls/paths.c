#include "calls.h"

static void type_line(void) { result("type %u", out[16]); }

static void changing(void) {
  T(path_create_directory(RW, P("made")));
  T(path_create_directory(RW, P("made")));
  T(path_create_directory(RW, P("made/a/")));
  T(path_create_directory(RW, P("made/slash")));
  T(path_create_directory(RW, P("made/b/c")));
  T(path_create_directory(RW, P("plain")));
  T(path_create_directory(RW, P("plain/x")));
  T(path_create_directory(RW, P("link")));
  T(path_create_directory(RW, P("dangling")));
  T(path_create_directory(RW, P("")));
  T(path_create_directory(RW, P(".")));
  T(path_create_directory(RW, P("..")));
  T(path_create_directory(RW, P("../x")));
  T(path_create_directory(RW, P("/x")));
  T(path_create_directory(RW, P("made/..")));
  T(path_create_directory(0, P("x")));
  T(path_create_directory(BAD, P("x")));
  T(path_create_directory(RO, P("x")));
  T(path_create_directory(RO, P("sub")));

  T(path_remove_directory(RW, P("made")));
  T(path_remove_directory(RW, P("made/a")));
  T(path_remove_directory(RW, P("plain")));
  T(path_remove_directory(RW, P("dirlink")));
  T(path_remove_directory(RW, P("dirlink/")));
  T(path_remove_directory(RW, P("dangling")));
  T(path_remove_directory(RW, P(".")));
  T(path_remove_directory(RW, P("made/.")));
  T(path_remove_directory(RW, P("made/..")));
  T(path_remove_directory(RW, P("made/slash/")));
  T(path_remove_directory(RW, P("..")));
  T(path_remove_directory(RW, P("")));
  T(path_remove_directory(RW, P("/made")));
  T(path_remove_directory(RO, P("sub")));
  T(path_remove_directory(0, P("x")));
  T(path_remove_directory(BAD, P("x")));

  T(path_unlink_file(RW, P("made")));
  T(path_unlink_file(RW, P("made/")));
  T(path_unlink_file(RW, P("plain/")));
  T(path_unlink_file(RW, P("missing")));
  T(path_unlink_file(RW, P("missing/")));
  T(path_unlink_file(RW, P("missing/x")));
  T(path_unlink_file(RW, P("plain/x")));
  T(path_unlink_file(RW, P("dirlink/")));
  T(path_unlink_file(RW, P("link/")));
  T(path_unlink_file(RW, P(".")));
  T(path_unlink_file(RW, P("..")));
  T(path_unlink_file(RW, P("")));
  T(path_unlink_file(RW, P("/plain")));
  T(path_unlink_file(RW, P("up")));
  T(path_unlink_file(RW, P("new1")));
  T(path_unlink_file(RO, P("file")));
  T(path_unlink_file(RO, P("missing")));
  T(path_unlink_file(0, P("x")));
  T(path_unlink_file(BAD, P("x")));
}

static void naming(void) {
  T(path_link(RW, 0, P("plain"), RW, P("hard")));
  T(path_filestat_get(RW, 0, P("hard"), OUT)), result("links %u", (unsigned)OUT64(24));
  T(path_link(RW, 0, P("plain"), RW, P("hard")));
  T(path_link(RW, 0, P("plain"), RW, P("hard2/")));
  T(path_link(RW, 0, P("plain/"), RW, P("hard2")));
  T(path_link(RW, 0, P("missing"), RW, P("hard2")));
  T(path_link(RW, 0, P("dir"), RW, P("hard2")));
  T(path_link(RW, 0, P("."), RW, P("hard2")));
  T(path_link(RW, 0, P("link"), RW, P("hardlink")));
  T(path_filestat_get(RW, 0, P("hardlink"), OUT)), type_line();
  T(path_link(RW, FOLLOW, P("link"), RW, P("hard3")));
  T(path_link(RW, 0, P("dangling"), RW, P("hard4")));
  T(path_link(RW, 0, P("plain"), RW, P("missing/x")));
  T(path_link(RW, 0, P("plain"), RW, P("../x")));
  T(path_link(RW, 0, P("../x"), RW, P("hard5")));
  T(path_link(RW, 0, P("/plain"), RW, P("hard5")));
  T(path_link(RW, 0, P(""), RW, P("hard5")));
  T(path_link(RW, 0, P("plain"), RW, P("")));
  T(path_link(RW, 0, P("plain"), RO, P("x")));
  T(path_link(RO, 0, P("file"), RW, P("x")));
  T(path_link(0, 0, P("plain"), RW, P("x")));
  T(path_link(RW, 0, P("plain"), BAD, P("x")));

  T(path_symlink(P("anything"), RW, P("sym")));
  T(path_symlink(P("anything"), RW, P("sym")));
  T(path_symlink(P("anything"), RW, P("sym2/")));
  T(path_symlink(P("anything/"), RW, P("sym3")));
  T(path_symlink(P("/etc/passwd"), RW, P("sym4")));
  T(path_symlink(P("../../.."), RW, P("sym5")));
  T(path_symlink(P(""), RW, P("sym6")));
  T(path_symlink(P("a\0b"), RW, P("sym7")));
  T(path_symlink(P("x"), RW, P("dir")));
  T(path_symlink(P("x"), RW, P("dir/")));
  T(path_symlink(P("x"), RW, P("missing/x")));
  T(path_symlink(P("x"), RW, P("plain/x")));
  T(path_symlink(P("x"), RW, P("../x")));
  T(path_symlink(P("x"), RW, P("/x")));
  T(path_symlink(P("x"), RW, P("")));
  T(path_symlink(P("x"), RW, P(".")));
  T(path_symlink(P("x"), RO, P("x")));
  T(path_symlink(P("x"), 0, P("x")));
  T(path_symlink(P("x"), BAD, P("x")));

  T(path_readlink(RW, P("sym"), OUT, 100, OUT + 200)), result("%u %s", OUT32(200), out);
  T(path_readlink(RW, P("sym"), OUT, 3, OUT + 200)), result("%u %s", OUT32(200), out);
  T(path_readlink(RW, P("sym"), OUT, 0, OUT + 200)), result("%u", OUT32(200));
  T(path_readlink(RW, P("sym3"), OUT, 100, OUT + 200)), result("%u %s", OUT32(200), out);
  T(path_readlink(RW, P("sym5"), OUT, 100, OUT + 200)), result("%u %s", OUT32(200), out);
  T(path_readlink(RW, P("plain"), OUT, 100, OUT + 200));
  T(path_readlink(RW, P("dir"), OUT, 100, OUT + 200));
  T(path_readlink(RW, P("."), OUT, 100, OUT + 200));
  T(path_readlink(RW, P("missing"), OUT, 100, OUT + 200));
  T(path_readlink(RW, P("dirlink/"), OUT, 100, OUT + 200));
  T(path_readlink(RW, P("link/"), OUT, 100, OUT + 200));
  T(path_readlink(RW, P("circle/x"), OUT, 100, OUT + 200));
  T(path_readlink(RW, P("../x"), OUT, 100, OUT + 200));
  T(path_readlink(RW, P(""), OUT, 100, OUT + 200));
  T(path_readlink(RO, P("absolute"), OUT, 100, OUT + 200));
  T(path_readlink(0, P("x"), OUT, 100, OUT + 200));
  T(path_readlink(BAD, P("x"), OUT, 100, OUT + 200));
}

static void renaming(void) {
  made("from", "x");
  made("other", "y");
  T(path_create_directory(RW, P("full")));
  T(path_create_directory(RW, P("empty")));
  made("full/x", "x");
  T(path_rename(RW, P("from"), RW, P("to")));
  T(path_rename(RW, P("from"), RW, P("to")));
  T(path_rename(RW, P("to"), RW, P("other")));
  T(path_rename(RW, P("other"), RW, P("other")));
  T(path_rename(RW, P("other"), RW, P("full")));
  T(path_rename(RW, P("other"), RW, P("new/")));
  T(path_rename(RW, P("other/"), RW, P("new")));
  T(path_rename(RW, P("other"), RW, P("full/")));
  T(path_rename(RW, P("full"), RW, P("other")));
  T(path_rename(RW, P("empty"), RW, P("full")));
  T(path_rename(RW, P("full"), RW, P("empty")));
  T(path_rename(RW, P("empty/"), RW, P("moved/")));
  T(path_rename(RW, P("moved"), RW, P("moved/below")));
  T(path_rename(RW, P("moved"), RW, P("missing/x")));
  T(path_rename(RW, P("dangling"), RW, P("dangling2")));
  T(path_rename(RW, P("dirlink"), RW, P("dirlink2")));
  T(path_rename(RW, P("dirlink2/"), RW, P("dirlink3")));
  T(path_rename(RW, P("."), RW, P("x")));
  T(path_rename(RW, P("moved/.."), RW, P("x")));
  T(path_rename(RW, P("moved"), RW, P(".")));
  T(path_rename(RW, P("moved"), RW, P("..")));
  T(path_rename(RW, P(".."), RW, P("x")));
  T(path_rename(RW, P("../x"), RW, P("x")));
  T(path_rename(RW, P("moved"), RW, P("../x")));
  T(path_rename(RW, P("/moved"), RW, P("x")));
  T(path_rename(RW, P(""), RW, P("x")));
  T(path_rename(RW, P("moved"), RW, P("")));
  T(path_rename(RO, P("file"), RW, P("x")));
  T(path_rename(RW, P("other"), RO, P("x")));
  T(path_rename(0, P("x"), RW, P("x")));
  T(path_rename(RW, P("other"), BAD, P("x")));
}

static void stating(void) {
  T(path_filestat_get(RW, 0, P("plain"), OUT)), type_line();
  T(path_filestat_get(RW, 0, P("dir"), OUT)), type_line();
  T(path_filestat_get(RW, 0, P("dir/"), OUT)), type_line();
  T(path_filestat_get(RW, 0, P("."), OUT)), type_line();
  T(path_filestat_get(RW, 0, P("link"), OUT)), type_line();
  T(path_filestat_get(RW, FOLLOW, P("link"), OUT)), type_line();
  T(path_filestat_get(RW, 0, P("link/"), OUT));
  T(path_filestat_get(RW, 0, P("dirlink2"), OUT)), type_line();
  T(path_filestat_get(RW, 0, P("dirlink2/"), OUT)), type_line();
  T(path_filestat_get(RW, FOLLOW, P("dirlink2"), OUT)), type_line();
  T(path_filestat_get(RW, 0, P("dangling2"), OUT)), type_line();
  T(path_filestat_get(RW, FOLLOW, P("dangling2"), OUT));
  T(path_filestat_get(RW, FOLLOW, P("circle"), OUT));
  T(path_filestat_get(RW, 0, P("plain/"), OUT));
  T(path_filestat_get(RW, 0, P("plain/x"), OUT));
  T(path_filestat_get(RW, 0, P("missing"), OUT));
  T(path_filestat_get(RW, FOLLOW, P("dir/out"), OUT));
  T(path_filestat_get(RW, 0, P(""), OUT));
  T(path_filestat_get(RW, 0, P(".."), OUT));
  T(path_filestat_get(RW, 0, P("/plain"), OUT));
  T(path_filestat_get(RW, 2, P("plain"), OUT));
  T(path_filestat_get(RO, 0, P("file"), OUT)), type_line();
  T(path_filestat_get(0, 0, P("x"), OUT));
  T(path_filestat_get(BAD, 0, P("x"), OUT));

  T(path_filestat_set_times(RW, 0, P("plain"), 3000000000, 4000000000, 5));
  T(path_filestat_get(RW, 0, P("plain"), OUT)), result("accessed %u modified %u", (unsigned)(OUT64(40) / 1000000000), (unsigned)(OUT64(48) / 1000000000));
  T(path_filestat_set_times(RW, FOLLOW, P("link"), 0, 6000000000, 4));
  T(path_filestat_get(RW, 0, P("plain"), OUT)), result("accessed %u modified %u", (unsigned)(OUT64(40) / 1000000000), (unsigned)(OUT64(48) / 1000000000));
  T(path_filestat_set_times(RW, 0, P("link"), 8000000000, 8000000000, 5));
  T(path_filestat_get(RW, 0, P("link"), OUT)), result("modified %u", (unsigned)(OUT64(48) / 1000000000));
  T(path_filestat_set_times(RW, 0, P("dir"), 1000000000, 1000000000, 5));
  T(path_filestat_set_times(RW, 0, P("."), 1000000000, 1000000000, 5));
  T(path_filestat_set_times(RW, 0, P("plain"), 0, 0, 0));
  T(path_filestat_set_times(RW, 0, P("plain"), 0, 0, 3));
  T(path_filestat_set_times(RW, 0, P("plain"), 0, 0, 12));
  T(path_filestat_set_times(RW, 0, P("plain"), 0, 0, 16));
  T(path_filestat_set_times(RW, 0, P("plain/"), 0, 0, 5));
  T(path_filestat_set_times(RW, 0, P("missing"), 0, 0, 5));
  T(path_filestat_set_times(RW, FOLLOW, P("dangling2"), 0, 0, 5));
  T(path_filestat_set_times(RW, 0, P("../x"), 0, 0, 5));
  T(path_filestat_set_times(RW, 0, P(""), 0, 0, 5));
  T(path_filestat_set_times(RO, 0, P("file"), 0, 0, 5));
  T(path_filestat_set_times(0, 0, P("x"), 0, 0, 5));
  T(path_filestat_set_times(BAD, 0, P("x"), 0, 0, 5));
}

void paths(void) {
  changing();
  naming();
  renaming();
  stating();
}
