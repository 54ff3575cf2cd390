import { parseAddress } from '@quadrant/core'
import {
  Family,
  Protocol,
  RecordFlag,
  RecordKind,
  SOCK_WORDS,
  SockWord,
  TcpState,
} from '../../kernel/record.ts'
import { write64 } from '../../kernel/word.ts'

/** A socket record in words that people read. What is left out is 0. */
export interface RecordText {
  readonly kind: keyof typeof RecordKind
  readonly protocol?: keyof typeof Protocol
  readonly flags?: readonly (keyof typeof RecordFlag)[]
  readonly netns?: number
  /** ns. */
  readonly ts?: number
  readonly cookie?: number
  /** `10.0.0.1:80`, `[::1]:80`. */
  readonly local?: string
  readonly remote?: string
  readonly pid?: number
  /** ns since boot. */
  readonly start?: number
  readonly sent?: number
  readonly received?: number
  readonly segmentsOut?: number
  readonly segmentsIn?: number
  readonly retransmits?: number
  readonly rttUs?: number
  readonly from?: keyof typeof TcpState
  readonly to?: keyof typeof TcpState
  readonly error?: number
  readonly comm?: string
  /** ns, of beginnings without a record of their own. */
  readonly opened?: number
  readonly established?: number
}

/** Encodes a record as kernel/record.ts lays it out. */
export function encodeRecord(text: RecordText, words = new Uint32Array(SOCK_WORDS), at = 0): Uint32Array {
  words.fill(0, at, at + SOCK_WORDS)
  const local = parseEnd(text.local)
  const remote = parseEnd(text.remote)
  const flags = (text.flags ?? []).reduce((bits, name) => bits | RecordFlag[name], 0)
  const family = Math.max(local.family, remote.family)
  words[at] = RecordKind[text.kind] | (family << 8) | (Protocol[text.protocol ?? 'tcp'] << 16) | (flags << 24)
  words[at + SockWord.netns] = text.netns ?? 1
  write64(words, at + SockWord.ts, text.ts ?? 0)
  write64(words, at + SockWord.cookie, text.cookie ?? 0)
  words.set(local.words, at + SockWord.local)
  words.set(remote.words, at + SockWord.remote)
  words[at + SockWord.ports] = local.port | (remote.port << 16)
  words[at + SockWord.tgid] = text.pid ?? 0
  write64(words, at + SockWord.start, text.start ?? (text.pid ?? 0) * 1e9)
  write64(words, at + SockWord.bytesSent, text.sent ?? 0)
  write64(words, at + SockWord.bytesReceived, text.received ?? 0)
  words[at + SockWord.segmentsOut] = text.segmentsOut ?? 0
  words[at + SockWord.segmentsIn] = text.segmentsIn ?? 0
  words[at + SockWord.retransmits] = text.retransmits ?? 0
  words[at + SockWord.rttUs] = text.rttUs ?? 0
  words[at + SockWord.state] =
    (text.from ? TcpState[text.from] : 0) |
    ((text.to ? TcpState[text.to] : 0) << 8) |
    ((text.error ?? 0) << 16)
  write64(words, at + SockWord.opened, text.opened ?? 0)
  write64(words, at + SockWord.established, text.established ?? 0)
  const comm = new TextEncoder().encode(text.comm ?? '')
  new Uint8Array(words.buffer, words.byteOffset + (at + SockWord.comm) * 4, 16).set(comm.subarray(0, 16))
  return words
}

function parseEnd(text: string | undefined): { family: number; words: Uint32Array; port: number } {
  const words = new Uint32Array(4)
  if (text === undefined) return { family: Family.inet, words, port: 0 }
  const colon = text.lastIndexOf(':')
  const address = parseAddress(text.slice(0, colon).replace(/^\[|\]$/g, ''))
  if (!address) throw new TypeError(`no address: ${text}`)
  new Uint8Array(words.buffer).set(address)
  return {
    family: address.length === 4 ? Family.inet : Family.inet6,
    words,
    port: Number(text.slice(colon + 1)),
  }
}
