import { EbpfError } from '../../error.ts'

/** A part of a record: where it starts and how many bytes it has. */
export interface FieldSlice {
  readonly offset: number
  readonly bytes: number
}

/** What is kept of a value field for each group; the records themselves are always counted. */
export type Measure = 'sum' | 'min' | 'max' | 'log2'

/** A number (1, 2, 4 or 8 little-endian bytes) of which each group keeps some measures. */
export interface ValueField extends FieldSlice {
  /** Two's complement; default false. A signed field has no log2 histogram. */
  readonly signed?: boolean
  readonly measures: readonly Measure[]
}

/** Lets only those records through whose field, masked, is one of `oneOf`. */
export interface RecordFilter extends FieldSlice {
  readonly oneOf: readonly (number | bigint)[]
  /** Default: all bits. */
  readonly mask?: number | bigint
}

/** How records become groups. Offsets are from the start of the record; BTF gives them (`fieldOf`). */
export interface AggregatePlan {
  /** Shorter records are counted apart (`shortCount`) and looked at no further. */
  readonly recordBytes: number
  /** The fields that tell groups apart, at most {@link KEY_BYTES_MAX} bytes together. None: one group. */
  readonly key: readonly FieldSlice[]
  readonly values?: readonly ValueField[]
  readonly filter?: RecordFilter
  /** Groups kept between two takes, default 4096; records of further ones are counted in `~other`. */
  readonly groupsMax?: number
}

/** A key is unrolled into the module's code, eight bytes a step. */
export const KEY_BYTES_MAX = 128
/** Each histogram is 512 bytes of each group. */
export const VALUES_MAX = 64
/** With 2^20 groups the table of a plan with two values takes 64 MiB. */
export const GROUPS_MAX = 1 << 20
/** The filter is a chain of comparisons. */
export const FILTER_VALUES_MAX = 16
/** One bucket for each bit length of an unsigned 64-bit number; zero is in the first with one. */
export const HISTOGRAM_BUCKETS = 64

const RECORD_BYTES_MAX = 1 << 20

/** One measure's place: `offset` bytes from the start of its group. */
export interface MeasurePlace {
  readonly measure: Measure
  readonly offset: number
}

/**
 * A checked plan with the layout of one group:
 *
 * ```
 * 0        8                 8 + keyBytes rounded up to 8
 * ├ count ─┼ key, fields packed ┼ measures in the order of the plan, 8 bytes each, log2: 512 ┤
 * ```
 */
export interface GroupLayout {
  readonly plan: AggregatePlan
  readonly groupsMax: number
  readonly keyBytes: number
  readonly keyWords: number
  readonly measures: readonly (readonly MeasurePlace[])[]
  readonly groupBytes: number
}

/** Where the key starts in a group. */
export const KEY_OFFSET = 8

/**
 * Checks `plan` and lays its groups out.
 * @throws {EbpfError} `argument` for a field outside the record, a size no load has, or a limit passed
 */
export function layoutGroups(plan: AggregatePlan): GroupLayout {
  const { key, recordBytes, values = [], filter, groupsMax = 4096 } = plan
  demand(Number.isInteger(recordBytes) && recordBytes >= 0 && recordBytes <= RECORD_BYTES_MAX, 'recordBytes')
  demand(Number.isInteger(groupsMax) && groupsMax >= 1 && groupsMax <= GROUPS_MAX, 'groupsMax')
  demand(values.length <= VALUES_MAX, `more than ${VALUES_MAX} values`)
  for (const slice of key) demandInside(slice, recordBytes, 'key')
  for (const value of values) {
    demandNumber(value, recordBytes, 'value')
    demand(!(value.signed && value.measures.includes('log2')), 'log2 of a signed value')
    demand(new Set(value.measures).size === value.measures.length, 'a measure twice')
  }
  if (filter) {
    demandNumber(filter, recordBytes, 'filter')
    demand(filter.oneOf.length >= 1 && filter.oneOf.length <= FILTER_VALUES_MAX, 'filter.oneOf')
  }
  const keyBytes = key.reduce((sum, slice) => sum + slice.bytes, 0)
  demand(keyBytes <= KEY_BYTES_MAX, `key of more than ${KEY_BYTES_MAX} bytes`)
  const keyWords = Math.ceil(keyBytes / 8)
  let groupBytes = KEY_OFFSET + 8 * keyWords
  const measures = values.map((value) =>
    value.measures.map((measure) => {
      const offset = groupBytes
      groupBytes += measure === 'log2' ? 8 * HISTOGRAM_BUCKETS : 8
      return { measure, offset }
    }),
  )
  return { plan, groupsMax, keyBytes, keyWords, measures, groupBytes }
}

function demandInside({ offset, bytes }: FieldSlice, recordBytes: number, what: string): void {
  const whole = Number.isInteger(offset) && Number.isInteger(bytes) && offset >= 0 && bytes >= 1
  demand(whole && offset + bytes <= recordBytes, `${what} field at ${offset} of ${bytes} bytes`)
}

function demandNumber(slice: FieldSlice, recordBytes: number, what: string): void {
  demandInside(slice, recordBytes, what)
  demand([1, 2, 4, 8].includes(slice.bytes), `${what} field of ${slice.bytes} bytes is no number`)
}

function demand(holds: boolean, what: string): void {
  if (!holds) throw new EbpfError('argument', `cannot aggregate: ${what}`)
}
