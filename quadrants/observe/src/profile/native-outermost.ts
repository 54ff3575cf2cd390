/** Where programs and threads begin, in the C libraries of Linux and in loaders. */
const OUTERMOST = new Set([
  '_start',
  '_start_c',
  '_dl_start_user',
  '__libc_start_main',
  '__libc_start_main_impl',
  '__libc_start_call_main',
  'libc_start_main_stage2',
  'generic_start_main',
  'start_thread',
  'start',
  'start_c11',
  'clone',
  '__clone',
  '__clone2',
  'clone3',
  '__clone3',
  '__clone_internal',
])

/** The C library and the loader: glibc, musl, bionic. */
const C_LIBRARY = /^(?:libc|libpthread|ld|ld-linux[\w-]*|ld-musl[\w-]*)(?:-[\d.]+)?\.so(?:\.\d+)*$/

/** Bytes of the code at a program's entry: `_start` has some 40. */
const ENTRY_BYTES = 64

/**
 * Whether nothing calls what is at an address. A C library as it is shipped has no symbols of what calls `main` and
 * threads' functions, and its code keeps no frame pointers: a stack that comes out there between its functions ends as
 * it should.
 *
 * @param functionName undefined where no symbol covers the address
 * @param entryDistance bytes from the program's entry to the address
 */
export function isNativeOutermost(
  functionName: string | undefined,
  fileName: string,
  entryDistance: number,
): boolean {
  if (entryDistance >= 0 && entryDistance < ENTRY_BYTES) return true
  if (functionName === undefined) return C_LIBRARY.test(fileName)
  return OUTERMOST.has(functionName.replace(/@.*$/, ''))
}
