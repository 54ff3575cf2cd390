import { mkdirSync, readlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { EbpfError } from '../error.ts'
import { BPF, BpfAttr, bpf } from './bpf.ts'
import { cString } from './c-string.ts'
import { closeFd } from './file-descriptor.ts'

/** Gives the object a name in a bpffs that keeps it alive. Folders on the way are made. @throws {EbpfError} */
export function pinObject(fd: number, path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
  } catch (error) {
    throw EbpfError.from(error)
  }
  bpf(BPF.OBJ_PIN, new BpfAttr().pointer(0, cString(path)).u32(8, fd), `pin ${path}`)
}

/** What kernels call the objects that can be pinned. */
const INODES = { map: /bpf-map/, program: /bpf-prog/, link: /bpf[-_]link/ } as const

/** A descriptor of the pinned object. @throws {EbpfError} `not-found`; `argument` when it is of another kind */
export function openPinned(path: string, kind: keyof typeof INODES): number {
  const fd = bpf(BPF.OBJ_GET, new BpfAttr().pointer(0, cString(path)).u32(8, 0), `open ${path}`)
  try {
    const inode = readlinkSync(`/proc/self/fd/${fd}`)
    if (INODES[kind].test(inode)) return fd
    throw new EbpfError('argument', `${path} is no ${kind} but ${inode}`)
  } catch (error) {
    closeFd(fd)
    throw EbpfError.from(error)
  }
}
