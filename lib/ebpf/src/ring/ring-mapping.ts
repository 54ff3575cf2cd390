import { EbpfError } from '../error.ts'
import type { KernelMemory } from '../sys/kernel-memory.ts'
import { PAGE_BYTES } from '../sys/page-size.ts'
import type { RingRegion } from './region.ts'

/** A ring buffer map as far as its reader needs it; `BpfMap` is one. */
export interface RingMap {
  readonly fd: number
  /** Bytes of the ring. */
  readonly maxEntries: number
  /** Anything but `ringbuf` is refused; a bare descriptor need not tell. */
  readonly type?: string
}

/** Bytes that {@link mapRing} fills. */
export function ringMappingBytes(map: RingMap): number {
  return 2 * PAGE_BYTES + 2 * map.maxEntries
}

/**
 * Maps the ring into `memory` from byte 0. Only the page of the consumer position is writable, as the kernel wants.
 * @throws {EbpfError}
 */
export function mapRing(memory: KernelMemory, map: RingMap): RingRegion {
  if (map.type !== undefined && map.type !== 'ringbuf')
    throw new EbpfError('argument', `a ring buffer reader cannot read a map of type ${map.type}`)
  const dataBytes = map.maxEntries
  memory.map(0, PAGE_BYTES, map.fd, { writable: true })
  memory.map(PAGE_BYTES, PAGE_BYTES + 2 * dataBytes, map.fd, { fdOffset: PAGE_BYTES })
  return {
    memory: memory.memory,
    consumerAt: 0,
    producerAt: PAGE_BYTES,
    dataAt: 2 * PAGE_BYTES,
    dataBytes,
  }
}
