import { readFileSync } from 'node:fs'
import { EbpfError } from '../error.ts'
import { BPF, BpfAttr, bpf } from '../sys/bpf.ts'
import { closeFd, openFile } from '../sys/file-descriptor.ts'
import { ATTACH_TYPES, type AttachType } from '../uapi/attach-type.ts'
import { Link } from './link.ts'

const O_DIRECTORY = process.arch === 'arm64' ? 0o40000 : 0o200000

/** A program at a cgroup of the v2 hierarchy, beside others that are there. @throws {EbpfError} */
export function attachCgroup(programFd: number, path: string, attachType: AttachType): Link {
  const cgroupFd = openFile(path, O_DIRECTORY)
  const attr = new BpfAttr().u32(0, programFd).u32(4, cgroupFd).u32(8, ATTACH_TYPES[attachType]).u32(12, 0)
  try {
    return new Link(bpf(BPF.LINK_CREATE, attr, `attach to cgroup ${path}`))
  } catch (cause) {
    if (!(cause instanceof EbpfError) || cause.errnoName !== 'EBADF') throw cause
    const root = cgroupRoot()
    const where = root === undefined ? 'and none is mounted' : `as there are below ${root}`
    throw new EbpfError('argument', `${path} is not a cgroup of the v2 hierarchy, ${where}`, { cause })
  } finally {
    closeFd(cgroupFd)
  }
}

/**
 * Where the cgroup v2 hierarchy is mounted: `/sys/fs/cgroup`, `/sys/fs/cgroup/unified` on hosts that have both.
 *
 * @param mountInfo content of /proc/self/mountinfo; read when left out
 */
export function cgroupRoot(mountInfo = readFileSync('/proc/self/mountinfo', 'utf8')): string | undefined {
  for (const line of mountInfo.split('\n')) {
    // "36 35 98:0 /root /mount/point options [optional fields] - type source options" (proc(5))
    const [before, after] = line.split(' - ')
    if (after?.split(' ')[0] !== 'cgroup2') continue
    const [, , , root, mountPoint] = (before ?? '').split(' ')
    if (root === '/' && mountPoint !== undefined) return unescapeOctal(mountPoint)
  }
  return undefined
}

/** Blanks in mount points are written `\040`. */
function unescapeOctal(text: string): string {
  return text.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}
