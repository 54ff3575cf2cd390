import type { DnsProblem } from './dns-problem.ts'
import { readDomainName } from './domain-name.ts'

/** Longest message that is read: twice what the kernel copies. */
const MESSAGE_BYTES_MAX = 4096
const RECORDS_MAX = 256
/** Aliases in a row; resolvers give up at about as many. */
const ALIASES_MAX = 16

const HEADER_BYTES = 12
/** Type, class, TTL and length of the data, after the name of a record (RFC 1035, 4.1.3). */
const RECORD_HEAD_BYTES = 10

const FLAG = { response: 0x8000, opcode: 0x7800, truncated: 0x0200, rcode: 0x000f } as const
const TYPE = { a: 1, cname: 5, aaaa: 28 } as const
const CLASS_IN = 1
/** A TTL with its highest bit set counts as 0 (RFC 2181, 8). */
const TTL_MAX = 0x7fff_ffff

/** What one answer says of one name. */
export interface DnsAnswer {
  /** The name that was asked for. */
  readonly name: string
  /** Names in between, from the one asked for to the one that has the addresses. */
  readonly aliases: readonly string[]
  /** 4 or 16 bytes each, network order. */
  readonly addresses: readonly Uint8Array[]
  /** The shortest of the chain and its addresses, seconds. */
  readonly ttlS: number
}

interface AddressRecord {
  readonly owner: string
  readonly ttlS: number
  readonly address: Uint8Array
}

interface Answers {
  readonly aliases: ReadonlyMap<string, { readonly target: string; readonly ttlS: number }>
  readonly addresses: readonly AddressRecord[]
}

/**
 * Reads an answer to a question for addresses (RFC 1035; EDNS, RFC 6891, says nothing that matters here). What belongs
 * to other names than the one that was asked for and its aliases is left out: a server may send whatever it likes.
 */
export function readDnsMessage(message: Uint8Array): DnsAnswer | DnsProblem {
  if (message.length > MESSAGE_BYTES_MAX) return 'large'
  if (message.length < HEADER_BYTES) return 'short'
  const view = new DataView(message.buffer, message.byteOffset, message.length)
  const flags = view.getUint16(2)
  if ((flags & FLAG.response) === 0 || (flags & FLAG.opcode) !== 0) return 'no-response'
  if ((flags & FLAG.truncated) !== 0) return 'truncated'
  if ((flags & FLAG.rcode) !== 0) return 'refused'
  if (view.getUint16(4) !== 1) return 'question'
  const question = readDomainName(message, HEADER_BYTES)
  if (typeof question === 'string') return question
  if (question.end + 4 > message.length) return 'short'
  const type = view.getUint16(question.end)
  if ((type !== TYPE.a && type !== TYPE.aaaa) || view.getUint16(question.end + 2) !== CLASS_IN)
    return 'question'
  const answers = readAnswers(message, view, question.end + 4)
  return typeof answers === 'string' ? answers : follow(question.text, answers)
}

function readAnswers(message: Uint8Array, view: DataView, start: number): Answers | DnsProblem {
  const count = view.getUint16(6)
  if (count > RECORDS_MAX) return 'large'
  const aliases = new Map<string, { target: string; ttlS: number }>()
  const addresses: AddressRecord[] = []
  let at = start
  for (let i = 0; i < count; i++) {
    const owner = readDomainName(message, at)
    if (typeof owner === 'string') return owner
    const data = owner.end + RECORD_HEAD_BYTES
    if (data > message.length) return 'short'
    const type = view.getUint16(owner.end)
    const isInternet = view.getUint16(owner.end + 2) === CLASS_IN
    const ttl = view.getUint32(owner.end + 4)
    const ttlS = ttl > TTL_MAX ? 0 : ttl
    const length = view.getUint16(owner.end + 8)
    at = data + length
    if (at > message.length) return 'short'
    if (!isInternet) continue
    if (type === TYPE.cname) {
      const target = readDomainName(message, data)
      if (typeof target === 'string') return target
      if (target.end !== at) return 'record'
      aliases.set(owner.text, { target: target.text, ttlS })
    } else if (type === TYPE.a || type === TYPE.aaaa) {
      if (length !== (type === TYPE.a ? 4 : 16)) return 'record'
      addresses.push({ owner: owner.text, ttlS, address: message.slice(data, at) })
    }
  }
  return { aliases, addresses }
}

/** From the name that was asked for, over its aliases, to the addresses of the last. */
function follow(name: string, { aliases, addresses }: Answers): DnsAnswer | DnsProblem {
  const chain: string[] = []
  let ttlS = TTL_MAX
  let last = name
  for (let alias = aliases.get(last); alias !== undefined; alias = aliases.get(last)) {
    if (alias.target === name || chain.includes(alias.target) || chain.length === ALIASES_MAX) return 'chain'
    chain.push(alias.target)
    last = alias.target
    ttlS = Math.min(ttlS, alias.ttlS)
  }
  const own = addresses.filter(({ owner }) => owner === last)
  if (own.length === 0) return 'no-address'
  for (const address of own) ttlS = Math.min(ttlS, address.ttlS)
  return { name, aliases: chain, addresses: own.map(({ address }) => address), ttlS }
}
