import { BPF, BpfAttr, bpf } from './bpf.ts'

/** The longest of the info structs the kernel fills, with room. */
const INFO_BYTES = 256

/**
 * BPF_OBJ_GET_INFO_BY_FD: `struct bpf_prog_info`, `bpf_map_info`, `bpf_link_info` or `bpf_btf_info`, by what the
 * descriptor is. Fields the kernel does not know read 0. @throws {EbpfError}
 */
export function readObjectInfo(fd: number): DataView {
  const info = new DataView(new ArrayBuffer(INFO_BYTES))
  bpf(BPF.OBJ_GET_INFO_BY_FD, new BpfAttr().u32(0, fd).u32(4, INFO_BYTES).pointer(8, info))
  return info
}

/** The name in an info struct: up to 15 letters at a byte offset. */
export function infoName(info: DataView, offset: number): string {
  let name = ''
  for (let i = 0; i < 16; i++) {
    const code = info.getUint8(offset + i)
    if (code === 0) break
    name += String.fromCharCode(code)
  }
  return name
}
