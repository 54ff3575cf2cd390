/** Calls that are answered otherwise than by wasmtime, and why. Each must be seen, or it has no place here. */
export interface CallDifference {
  readonly calls: RegExp
  readonly ours: RegExp
  readonly theirs: RegExp
  readonly why: string
}

export const CALL_DIFFERENCES: readonly CallDifference[] = [
  {
    calls: /WILD|random_get\(OUT, -1\)/,
    ours: /^FAULT/,
    theirs: /^TRAP .*(out of bounds|exceeds limit)/,
    why: 'wasmtime ends a guest that points outside of its memory; here it gets FAULT, the error that preview 1 has for this.',
  },
  {
    calls: /piece\(buffer, -1\)|fd_readdir\(RW, OUT, -1|path_create_directory\(RW, OUT, -1\)/,
    ours: /^FAULT/,
    theirs: /^(NOMEM|SUCCESS)/,
    why: 'A buffer that ends outside of the memory is refused; wasmtime looks at what it uses of it, or has a limit on its size.',
  },
  {
    calls: /poll_oneoff\(OUT.*WILD/,
    ours: /^FAULT/,
    theirs: /^INVAL/,
    why: 'All pointers of a call are looked at before its subscriptions.',
  },
  {
    calls: /AT\(buffer\), -1|poll_oneoff\(AT\(in\), OUT, -1/,
    ours: /^INVAL/,
    theirs: /^NOMEM/,
    why: 'More pieces or subscriptions than a call may have: Linux says EINVAL.',
  },
  {
    calls: /OUT \+ 1/,
    ours: /^SUCCESS/,
    theirs: /^TRAP .*not aligned/,
    why: 'wasmtime ends a guest for a number at an odd place; WebAssembly itself has none that is.',
  },
  {
    calls: /./,
    ours: /^INVAL$/,
    theirs: /^TRAP .*(Invalid (enum|flag) value|number too small)/,
    why: 'wasmtime ends a guest for a flag or value that is not in the specification; here it gets INVAL.',
  },
  {
    calls: /fd_fdstat_set_rights\(both, -1|proc_raise\(-1\)/,
    ours: /^NOTSUP$/,
    theirs: /^TRAP .*number too small/,
    why: 'The call is not there at all, whatever it is asked for.',
  },
  {
    calls: /path_open\(RW, 0, P\("plain"\), 0, -1, -1, 0\)/,
    ours: /^SUCCESS/,
    theirs: /^TRAP .*number too small/,
    why: 'Rights that are in no specification are none; old programs ask for all bits.',
  },
  {
    calls: /\bRO\b/,
    ours: /^(ROFS|EXIST|ISDIR)$/,
    theirs: /^PERM$/,
    why: 'A directory that is given to read only is a read-only file system, as its program should say; wasmtime has PERM.',
  },
  {
    calls: /path_open\(RO, 0, P\("file"\), CREAT, READ/,
    ours: /^SUCCESS/,
    theirs: /^PERM$/,
    why: 'What is there already need not be made, also on a read-only file system (open(2)).',
  },
  {
    calls: /fd_fdstat_set_flags\(both, [DR]?SYNC\)|path_open\(.*[DR]?SYNC\)/,
    ours: /^SUCCESS/,
    theirs: /^(INVAL|NOTSUP)$/,
    why: 'Writing through to the disk is done here; wasmtime has it not.',
  },
  {
    calls: /fd_fdstat_set_flags\(1, /,
    ours: /^SUCCESS/,
    theirs: /^BADF$/,
    why: 'Stdio can be set non-blocking.',
  },
  {
    calls: /fd_(data)?sync\(RW\)/,
    ours: /^SUCCESS/,
    theirs: /^BADF$/,
    why: 'A directory can be written through to the disk, as databases do after they make a file.',
  },
  {
    calls: /fd_read\(0, piece\(buffer, 0\)/,
    ours: /^SUCCESS/,
    theirs: /^INTR$/,
    why: 'Nothing is asked for, and nothing is read.',
  },
  {
    calls: /fd_write\(both, AT\(pieces\), 2/,
    ours: /^SUCCESS: {2}5$/,
    theirs: /^SUCCESS: {2}2$/,
    why: 'All pieces are written by one call; wasmtime writes the first that is not empty.',
  },
  {
    calls: /fd_seek\(both, INT64_MAX, 1/,
    ours: /^INVAL$/,
    theirs: /^SUCCESS/,
    why: 'The sum is no offset: Linux says EINVAL or EOVERFLOW.',
  },
  {
    calls: /path_remove_directory\(RW, P\("made\/slash\/"\)/,
    ours: /^SUCCESS/,
    theirs: /^INVAL$/,
    why: 'A directory may be named with a slash behind it, for all other calls too (POSIX).',
  },
  {
    calls: /path_remove_directory\(RW, P\("dirlink\/"\)/,
    ours: /^NOTDIR$/,
    theirs: /^INVAL$/,
    why: 'A link is no directory (rmdir(2)).',
  },
  {
    calls: /^poll_oneoff: /,
    ours: /^SUCCESS:.*error (8|28) /,
    theirs: /^(BADF|INVAL)$/,
    why: 'What is wrong with one subscription is told in its event, as the specification has it, and the others are waited for; wasmtime fails the call.',
  },
  {
    calls: /^poll_oneoff\(AT\(in\), OUT, 2/,
    ours: /^SUCCESS: {2}2 events$/,
    theirs: /^SUCCESS: {2}1 events$/,
    why: 'All that is ready is told.',
  },
]
