import { EbpfError } from '../error.ts'

/** `struct btf_header` (include/uapi/linux/btf.h), with the byte order its magic number tells. */
export interface BtfHeader {
  readonly littleEndian: boolean
  /** Absolute: bytes from the start of the BTF. */
  readonly typesOffset: number
  readonly typesBytes: number
  readonly stringsOffset: number
  readonly stringsBytes: number
}

const MAGIC = 0xeb9f
const HEADER_BYTES = 24

/** @throws {EbpfError} `btf` */
export function parseBtfHeader(bytes: Uint8Array): BtfHeader {
  if (bytes.length < HEADER_BYTES) throw new EbpfError('btf', `${bytes.length} bytes are too few for BTF`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const littleEndian = view.getUint16(0, true) === MAGIC
  if (!littleEndian && view.getUint16(0, false) !== MAGIC) throw new EbpfError('btf', 'not BTF')
  const version = view.getUint8(2)
  if (version !== 1) throw new EbpfError('btf', `BTF version ${version}: only 1 is known`)
  const headerBytes = view.getUint32(4, littleEndian)
  const typesOffset = headerBytes + view.getUint32(8, littleEndian)
  const typesBytes = view.getUint32(12, littleEndian)
  const stringsOffset = headerBytes + view.getUint32(16, littleEndian)
  const stringsBytes = view.getUint32(20, littleEndian)
  if (headerBytes < HEADER_BYTES || typesOffset + typesBytes > bytes.length)
    throw new EbpfError('btf', 'types lie outside of the BTF')
  if (stringsBytes === 0 || stringsOffset + stringsBytes > bytes.length)
    throw new EbpfError('btf', 'strings lie outside of the BTF')
  if (bytes[stringsOffset] !== 0 || bytes[stringsOffset + stringsBytes - 1] !== 0)
    throw new EbpfError('btf', 'strings do not begin and end with NUL')
  return { littleEndian, typesOffset, typesBytes, stringsOffset, stringsBytes }
}
