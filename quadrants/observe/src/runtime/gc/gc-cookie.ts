import type { GcPlace } from './gc-places.ts'
import type { SlotId } from '../process-slots.ts'

/** `enum gc_cookie_flag` of bpf/go-gc.bpf.c. */
const STEPPED = 1n

/** What tells the program where, and in which process, it runs. */
export function cookieOf({ kind, trap }: GcPlace, { slot, generation }: SlotId): bigint {
  const flags = trap === 'stepped' ? STEPPED : 0n
  return BigInt(kind) | (flags << 8n) | (BigInt(generation) << 16n) | (BigInt(slot) << 32n)
}
