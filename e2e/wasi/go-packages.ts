/** Tests of a package of Go's standard library. */
export interface GoPackage {
  readonly path: string
  /** `-test.short`: without it they run for minutes, or need what no guest has. */
  readonly isShort?: boolean
  /** With all files in memory, in place of the host's own. */
  readonly isInMemory?: boolean
  /** Quick enough for every run of the suite. */
  readonly isQuick?: boolean
}

const SHORT = { isShort: true } as const
const IN_MEMORY = { isInMemory: true } as const
const QUICK = { isQuick: true } as const

/** A package, and how it is run. */
export function titleOf({ path, isShort = false, isInMemory = false }: GoPackage): string {
  return `${path}${isShort ? ' (short)' : ''}${isInMemory ? ' (in memory)' : ''}`
}

export const GO_PACKAGES: readonly GoPackage[] = [
  // The system itself.
  { path: 'os' },
  { path: 'os/exec' },
  { path: 'os/user' },
  { path: 'io/fs' },
  { path: 'io/ioutil' },
  { path: 'path/filepath', ...QUICK },
  { path: 'internal/poll' },
  { path: 'syscall', ...QUICK },
  { path: 'net' },
  { path: 'time' },
  { path: 'runtime', ...SHORT },
  { path: 'runtime/debug' },
  { path: 'sync' },
  { path: 'context' },
  { path: 'embed/internal/embedtest' },
  { path: 'testing/fstest' },
  { path: 'testing/iotest' },
  { path: 'testing' },
  // The same over files in memory.
  { path: 'os', ...IN_MEMORY },
  { path: 'io/fs', ...IN_MEMORY },
  { path: 'path/filepath', ...IN_MEMORY, ...QUICK },
  { path: 'testing/fstest', ...IN_MEMORY },
  { path: 'archive/tar', ...IN_MEMORY },
  // What is built upon it.
  { path: 'net/http', ...SHORT },
  { path: 'net/http/httptest' },
  { path: 'net/textproto' },
  { path: 'net/url' },
  { path: 'crypto/tls', ...SHORT },
  { path: 'crypto/x509', ...SHORT },
  { path: 'mime' },
  { path: 'mime/multipart', ...SHORT },
  { path: 'archive/tar' },
  { path: 'archive/zip', ...SHORT },
  { path: 'compress/gzip', ...SHORT },
  { path: 'compress/flate', ...SHORT },
  { path: 'log' },
  { path: 'log/slog' },
  { path: 'go/build' },
  { path: 'go/parser', ...SHORT },
  // What computes: the same instructions, and the same results.
  { path: 'bufio' },
  { path: 'bytes', ...SHORT },
  { path: 'crypto/sha256' },
  { path: 'encoding/gob', ...SHORT },
  { path: 'encoding/json', ...SHORT },
  { path: 'encoding/xml' },
  { path: 'hash/crc32' },
  { path: 'html/template', ...SHORT },
  { path: 'image/png' },
  { path: 'io' },
  { path: 'math/big', ...SHORT },
  { path: 'math/rand', ...SHORT },
  { path: 'path' },
  { path: 'reflect', ...SHORT },
  { path: 'regexp', ...SHORT },
  { path: 'sort' },
  { path: 'strings', ...SHORT },
  { path: 'text/template' },
]
