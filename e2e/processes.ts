import { readFileSync, readdirSync, readlinkSync } from 'node:fs'

/** Pids of the children of a process, by a word of their command line. */
export function childOf(pid: number, word: string): number | undefined {
  return children(pid).find((child) => read(`/proc/${child}/cmdline`).includes(word))
}

function children(pid: number): readonly number[] {
  return read(`/proc/${pid}/task/${pid}/children`)
    .split(' ')
    .filter((text) => text !== '')
    .map(Number)
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

export interface Credentials {
  readonly uid: number
  /** Of the main thread, which is the one that starts programs. */
  readonly noNewPrivs: boolean
  readonly bounding: bigint
  /** Effective and permitted capabilities, as bit masks, of each thread. */
  readonly capabilities: readonly (readonly [effective: bigint, permitted: bigint])[]
}

export function credentials(pid: number): Credentials {
  const threads = readdirSync(`/proc/${pid}/task`)
  const status = (thread: string) => read(`/proc/${pid}/task/${thread}/status`)
  const mask = (text: string, name: string) =>
    BigInt(`0x${new RegExp(`^${name}:\\s*([0-9a-f]+)`, 'm').exec(text)?.[1] ?? '0'}`)
  return {
    noNewPrivs: /^NoNewPrivs:\s*1$/m.test(status(String(pid))),
    bounding: mask(status(String(pid)), 'CapBnd'),
    uid: Number(/^Uid:\s*(\d+)/m.exec(status(String(pid)))?.[1]),
    capabilities: threads.map(
      (thread) => [mask(status(thread), 'CapEff'), mask(status(thread), 'CapPrm')] as const,
    ),
  }
}

const TCP_LISTEN = '0A'

/** Sockets of a process that listen or are bound, as `/proc/net` lists them: TCP in LISTEN, any UDP, listening unix sockets. */
export function listeningSockets(pid: number): readonly string[] {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? []
      } catch {
        return []
      }
    }),
  )
  const rows = (name: string) =>
    read(`/proc/${pid}/net/${name}`)
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
  const inet = ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((name) =>
    rows(name)
      .filter((row) => inodes.has(row[9] ?? '') && (name.startsWith('udp') || row[3] === TCP_LISTEN))
      .map((row) => `${name} ${row[1]}`),
  )
  // Flags of a listening unix socket have SO_ACCEPTCON (include/uapi/linux/net.h).
  const unix = rows('unix').filter(
    (row) => inodes.has(row[6] ?? '') && (Number.parseInt(row[3] ?? '0', 16) & 0x10000) !== 0,
  )
  return [...inet, ...unix.map((row) => `unix ${row[7]}`)]
}
