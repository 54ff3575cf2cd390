import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { EbpfError } from '../error.ts'
import { BPF, BpfAttr, bpf } from './bpf.ts'
import { cString } from './c-string.ts'

/** Gives the object a name in a bpffs that keeps it alive. Folders on the way are made. @throws {EbpfError} */
export function pinObject(fd: number, path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
  } catch (error) {
    throw EbpfError.from(error)
  }
  bpf(BPF.OBJ_PIN, new BpfAttr().pointer(0, cString(path)).u32(8, fd), `pin ${path}`)
}

/** A descriptor of the pinned object. @throws {EbpfError} `not-found` */
export function openPinned(path: string): number {
  return bpf(BPF.OBJ_GET, new BpfAttr().pointer(0, cString(path)).u32(8, 0), `open ${path}`)
}
