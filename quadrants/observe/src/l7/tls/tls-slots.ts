import type { TlsLayout } from '@quadrant/golang'
import { type ProcessSlots, SlotHead, type SlotId } from '../../runtime/process-slots.ts'
import type { TlsPlace } from '../../runtime/tls/tls-places.ts'

/** `struct tls_layout` of bpf/go-tls.h, in its order. */
export const TLS_LAYOUT_FIELDS = [
  ['conn', 'conn'],
  ['is_client', 'isClient'],
  ['input', 'input'],
  ['reader_bytes', 'readerBytes'],
  ['reader_index', 'readerIndex'],
  ['fd', 'fd'],
  ['sysfd', 'sysfd'],
  ['tcp_conn_hash', 'tcpConnHash'],
  ['tls_conn_hash', 'tlsConnHash'],
] as const satisfies ReadonlyArray<readonly [string, keyof TlsLayout]>

/** Where it is in `struct tls_process` of bpf/go-tls.bpf.c, in words. */
export const TLS_LAYOUT_WORD = SlotHead.steppedHits + 2

/** `enum tls_cookie_flag`. */
const STEPPED = 1n
const SEVERAL = 2n

/** A slot of its own for a process. @throws {EbpfError} `limit` */
export function takeTlsSlot(slots: ProcessSlots, layout: TlsLayout): SlotId {
  return slots.take((words) => {
    TLS_LAYOUT_FIELDS.forEach(([, field], index) => {
      words[TLS_LAYOUT_WORD + index] = layout[field]
    })
  })
}

/** What tells the program where, and in which process, it runs. */
export function tlsCookie({ kind, trap, isOneOfSeveral }: TlsPlace, { slot, generation }: SlotId): bigint {
  const flags = (trap === 'stepped' ? STEPPED : 0n) | (isOneOfSeveral ? SEVERAL : 0n)
  return BigInt(kind) | (flags << 8n) | (BigInt(generation) << 16n) | (BigInt(slot) << 32n)
}
