/** Messages as a name server writes them, and as nobody should. */

export const TYPE = { a: 1, cname: 5, txt: 16, aaaa: 28 } as const

export interface EncodedRecord {
  readonly owner: string
  readonly type: number
  readonly ttlS: number
  /** An address in bytes, or the target of an alias. */
  readonly data: Uint8Array | string
  readonly class?: number
}

export interface EncodedAnswer {
  readonly id?: number
  readonly flags?: number
  readonly name: string
  readonly type: number
  readonly records: readonly EncodedRecord[]
}

/** Names are written once, and pointed at from then on, suffix by suffix (RFC 1035, 4.1.4). */
export function encodeAnswer(answer: EncodedAnswer): Buffer {
  const bytes: number[] = []
  const places = new Map<string, number>()
  const short = (value: number) => bytes.push((value >> 8) & 255, value & 255)
  const name = (text: string) => {
    const labels = text === '' ? [] : text.split('.')
    for (let i = 0; i < labels.length; i++) {
      const suffix = labels.slice(i).join('.')
      const place = places.get(suffix)
      if (place !== undefined) return void short(0xc000 | place)
      if (bytes.length < 0x4000) places.set(suffix, bytes.length)
      bytes.push(labels[i]!.length, ...Buffer.from(labels[i]!, 'latin1'))
    }
    bytes.push(0)
  }
  for (const value of [answer.id ?? 1, answer.flags ?? 0x8180, 1, answer.records.length, 0, 0]) short(value)
  name(answer.name)
  short(answer.type)
  short(1)
  for (const { owner, type, ttlS, data, class: kind = 1 } of answer.records) {
    name(owner)
    short(type)
    short(kind)
    short(ttlS >>> 16)
    short(ttlS & 0xffff)
    const lengthAt = bytes.length
    short(0)
    if (typeof data === 'string') name(data)
    else bytes.push(...data)
    const length = bytes.length - lengthAt - 2
    bytes[lengthAt] = length >> 8
    bytes[lengthAt + 1] = length & 255
  }
  return Buffer.from(bytes)
}

/** The name and type that a question asks for; its case is kept, as clients compare it. */
export function readQuestion(query: Buffer): {
  readonly id: number
  readonly name: string
  readonly type: number
} {
  const labels: string[] = []
  let at = 12
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += length + 1
  }
  return { id: query.readUInt16BE(0), name: labels.join('.'), type: query.readUInt16BE(at + 1) }
}
