import { EbpfError } from '../error.ts'
import { BPF, BpfAttr, bpf, tryBpf } from '../sys/bpf.ts'
import { cString } from '../sys/c-string.ts'
import { closeFd } from '../sys/file-descriptor.ts'
import { errno } from '../sys/libc.ts'
import { ATTACH_TYPES } from '../uapi/attach-type.ts'
import { PROGRAM_TYPES } from '../uapi/program-type.ts'
import { Link } from './link.ts'
import type { UprobeLink, UprobeTarget } from './uprobe.ts'

const EBADF = 9
const EINVAL = 22
const PID_INVALID = 0xffff_ffff

/** `union bpf_attr`, the part of BPF_LINK_CREATE for BPF_TRACE_UPROBE_MULTI (include/uapi/linux/bpf.h, 6.6). */
const AT = { path: 16, offsets: 24, cookies: 40, count: 48, pid: 56 } as const

class MultiLink extends Link implements UprobeLink {
  readonly method = 'multi'
  readonly siteCount: number

  constructor(fd: number, siteCount: number) {
    super(fd)
    this.siteCount = siteCount
  }
}

/** All places of the target in one link. @throws {EbpfError} */
export function attachUprobeMulti(programFd: number, target: UprobeTarget): UprobeLink {
  const { sites, path, pid } = target
  const attr = multiAttr(programFd, path, pid ?? 0)
    .pointer(
      AT.offsets,
      BigUint64Array.from(sites, ({ offset }) => BigInt(offset)),
    )
    .pointer(
      AT.cookies,
      BigUint64Array.from(sites, ({ cookie }) => cookie ?? 0n),
    )
    .u32(AT.count, sites.length)
  return new MultiLink(
    bpf(BPF.LINK_CREATE, attr, `attach to ${sites.length} places of ${path}`),
    sites.length,
  )
}

let supported: boolean | undefined

/**
 * Whether this kernel attaches a program to many places by one link, and takes `pid` for a process: the first ones
 * (6.6 until 6.6.32, 6.9 until 6.9.3) took it for a single thread and would miss the rest in silence.
 */
export function hasUprobeMulti(): boolean {
  supported ??= tryUprobeMulti()
  return supported
}

/** Asks for what cannot be, to see at what the kernel takes offence: a folder has no instructions. */
function tryUprobeMulti(): boolean {
  let programFd: number
  try {
    programFd = loadNothing()
  } catch (error) {
    if (error instanceof EbpfError) return false
    throw error
  }
  try {
    return refusal(programFd, 0) === EBADF && refusal(programFd, PID_INVALID) === EINVAL
  } finally {
    closeFd(programFd)
  }
}

function refusal(programFd: number, pid: number): number {
  const attr = multiAttr(programFd, '/', pid).pointer(AT.offsets, new BigUint64Array(1)).u32(AT.count, 1)
  const linkFd = tryBpf(BPF.LINK_CREATE, attr)
  if (linkFd === -1) return errno()
  closeFd(linkFd)
  return 0
}

function multiAttr(programFd: number, path: string, pid: number): BpfAttr {
  return new BpfAttr()
    .u32(0, programFd)
    .u32(8, ATTACH_TYPES.trace_uprobe_multi)
    .pointer(AT.path, cString(path))
    .u32(AT.pid, pid)
}

/** `return 0`, of the type that is attached so. */
function loadNothing(): number {
  const instructions = Uint8Array.of(0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0)
  const attr = new BpfAttr()
    .u32(0, PROGRAM_TYPES.kprobe)
    .u32(4, instructions.length / 8)
    .pointer(8, instructions)
    .pointer(16, cString('GPL'))
    .u32(68, ATTACH_TYPES.trace_uprobe_multi)
  return bpf(BPF.PROG_LOAD, attr)
}
