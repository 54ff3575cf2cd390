import {
  CAPTURES_PER_SECOND_DEFAULT,
  RequestProtocolNumber,
  type RequestProtocolName,
  type SamplingRule,
} from './sampling-rule.ts'
import {
  PATH_BYTES,
  RULE_BYTES,
  RuleFlag,
  RuleOffset,
  RULES_MAX,
  TABLE_BYTES,
  TABLE_SCAN,
  TableOffset,
} from './table-layout.ts'

export interface TableOptions {
  /** Number of these rules, 32 bits: counted up by one with each change. */
  readonly generation: number
  /** Most captures a second over all rules. Default 100. */
  readonly capturesPerSecondMax?: number | undefined
  /** Protocols that are read. Default: all. */
  readonly protocols?: readonly RequestProtocolName[] | undefined
}

const encoder = new TextEncoder()
const ALWAYS = 0xffff_ffff
const ALL_PROTOCOLS = Object.keys(RequestProtocolNumber) as RequestProtocolName[]
const HTTP1 = 1 << RequestProtocolNumber.http1

/**
 * The rules as the kernel reads them: `struct sampling_table` of bpf/sampling.h, to be put at element `generation & 1` of its map.
 *
 * @param rules as `checkSamplingRules` gives them.
 * @throws {RangeError} where there are more than 16
 */
export function encodeSamplingTable(
  rules: readonly SamplingRule[],
  { generation, capturesPerSecondMax = CAPTURES_PER_SECOND_DEFAULT, protocols }: TableOptions,
): Uint8Array {
  if (rules.length > RULES_MAX) throw new RangeError(`${rules.length} sampling rules, at most ${RULES_MAX}`)
  const bytes = new Uint8Array(TABLE_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(TableOffset.generation, generation >>> 0, true)
  const read = protocolBits(protocols)
  // The kernel looks at HTTP/1 alone: of rules for others it needs none.
  const ofKernel = rules.filter((rule) => (read & bitsOf(rule) & HTTP1) !== 0)
  view.setUint32(TableOffset.count, ofKernel.length === 0 ? 0 : rules.length, true)
  view.setUint32(TableOffset.cap, capturesPerSecondMax, true)
  const scans = ofKernel.some(({ header }) => header !== undefined)
  view.setUint32(TableOffset.flags, scans ? TABLE_SCAN : 0, true)
  for (const [i, rule] of rules.entries()) {
    const at = TableOffset.rules + i * RULE_BYTES
    encodeRule(bytes, view, at, rule)
    view.setUint32(at + RuleOffset.protocols, read & bitsOf(rule), true)
  }
  return bytes
}

/** A bit for each protocol, as a rule of the table has them. @param protocols undefined: all */
export function protocolBits(protocols: readonly RequestProtocolName[] | undefined): number {
  let bits = 0
  for (const protocol of protocols ?? ALL_PROTOCOLS) bits |= 1 << RequestProtocolNumber[protocol]
  return bits
}

function bitsOf({ protocol }: SamplingRule): number {
  return protocolBits(protocol && [protocol])
}

function encodeRule(bytes: Uint8Array, view: DataView, at: number, rule: SamplingRule): void {
  let flags = 0
  const text = (offset: number, lengthAt: number, value: string, flag: number) => {
    const encoded = encoder.encode(value)
    bytes.set(encoded, at + offset)
    bytes[at + lengthAt] = encoded.length
    flags |= flag
  }
  if (rule.header !== undefined) text(RuleOffset.name, RuleOffset.name_length, rule.header, RuleFlag.header)
  if (rule.value !== undefined) text(RuleOffset.value, RuleOffset.value_length, rule.value, RuleFlag.value)
  if (rule.service !== undefined) flags |= RuleFlag.service
  if (rule.route !== undefined) {
    flags |= RuleFlag.confirm
    const path = literalStart(rule.route)
    if (path !== '') text(RuleOffset.path, RuleOffset.path_length, path, RuleFlag.path)
  }
  bytes[at + RuleOffset.flags] = flags
  view.setUint32(at + RuleOffset.threshold, thresholdOf(rule), true)
  // Of candidates, the first ones of a second may all be of other routes: user space counts, when it has looked at them.
  view.setUint32(at + RuleOffset.per_second, (flags & RuleFlag.confirm) !== 0 ? 0 : perSecondOf(rule), true)
  view.setUint32(at + RuleOffset.cap, rule.capturesPerSecondMax ?? 0, true)
}

/** The largest random word at which a request is taken: it is so in (t + 1) of 2^32 cases. */
export function thresholdOf({ rate }: SamplingRule): number {
  if (rate === undefined || !('perThousand' in rate)) return ALWAYS
  return Math.min(ALWAYS, Math.max(0, Math.round((rate.perThousand / 1000) * 2 ** 32) - 1))
}

function perSecondOf({ rate }: SamplingRule): number {
  return rate !== undefined && 'perSecond' in rate ? rate.perSecond : 0
}

/** What every path begins with whose route matches: up to the first that is not literal in the glob or in the template. */
export function literalStart(route: string): string {
  return /^[^*?{~]*/.exec(route)![0].slice(0, PATH_BYTES)
}
