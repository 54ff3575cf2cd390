import { readFileSync } from 'node:fs'
import { type CollectionSpec, EbpfError, parseCollection } from '@quadrant/ebpf'

export type ObjectName =
  | 'tcp'
  | 'udp'
  | 'lengths'
  | 'functions'
  | 'processes'
  | 'passes'
  | 'go-gc'
  | 'profile'
  | 'http'
  | 'dns'
  | 'streams'
  | 'go-tls'

/** How records come to user space: perf buffers where the kernel (before 5.8) has no ring buffers. */
export type BufferKind = 'ring' | 'perf'

/** Objects of which there is one, whatever the buffer: they write no records, or need a kernel that has ring buffers. */
const SINGLE: ReadonlySet<ObjectName> = new Set([
  'passes',
  'go-gc',
  'profile',
  'dns',
  'http',
  'streams',
  'go-tls',
])

/**
 * One of the committed objects, parsed.
 *
 * @throws {EbpfError} `elf` when the file is damaged
 */
export function readObject(name: ObjectName, buffer: BufferKind): CollectionSpec {
  const file = buffer === 'perf' && !SINGLE.has(name) ? `${name}.perf.bpf.o` : `${name}.bpf.o`
  const bytes = readFileSync(new URL(`../../bpf/${file}`, import.meta.url))
  const { value, diagnostics } = parseCollection(bytes, { name })
  if (value === undefined) {
    throw new EbpfError('elf', `${file}: ${diagnostics.map(({ message }) => message).join('; ')}`)
  }
  return value
}
