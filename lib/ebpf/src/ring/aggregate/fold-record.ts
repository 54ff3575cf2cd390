import {
  type Code,
  type Label,
  type Local,
  block,
  branch,
  copyMemory,
  get,
  i32,
  i64,
  loop,
  sequence,
  set,
  tee,
  ValueType,
  when,
} from '../wasm/code.ts'
import type { WalkRecord } from '../walk-batch.ts'
import { FoldControl } from './control.ts'
import { keyEquals, keyWords, loadSigned, loadUnsigned } from './key-words.ts'
import {
  type FieldSlice,
  type GroupLayout,
  KEY_OFFSET,
  type MeasurePlace,
  type RecordFilter,
  type ValueField,
} from './plan.ts'

/** Where the groups lie in the memory, byte offsets. */
export interface TablePlace {
  readonly controlAt: number
  /** u32 for each slot: the byte offset of its group, 0 where there is none. */
  readonly slotsAt: number
  /** A power of two, at least twice the number of groups. */
  readonly slotCount: number
  /** The group `~other`, then the groups with a key. */
  readonly groupsAt: number
  /** What a new group starts as. */
  readonly templateAt: number
  /** Starts the hash, so that nobody can choose keys that collide. */
  readonly seed: bigint
}

/**
 * Slots looked at before a record goes to `~other`. At most half of the slots are taken, where chains of this
 * length do not happen by chance: it bounds the work of a record whatever the keys are.
 */
const PROBES_MAX = 128

/** Odd, from the fractional part of the golden ratio: the high bits of a product depend on all bits below. */
const MULTIPLIER = 0x9e3779b97f4a7c15n

/** Code that finds or makes the group of the record at `record` and adds the record to it. */
export function foldRecord(
  { record, offset, length }: WalkRecord,
  layout: GroupLayout,
  table: TablePlace,
  local: (type: ValueType) => Local,
): Code {
  const { recordBytes, key, values = [], filter } = layout.plan
  const group = local(ValueType.i32)
  const value = local(ValueType.i64)
  const address = () => get(record)
  const into = () => get(group)
  const inMemory = <T extends FieldSlice>(field: T): T => ({ ...field, offset: field.offset + offset })
  return block((done) => {
    const count = (field: number) =>
      sequence(
        increment(() => i32.const(table.controlAt), field),
        branch(done),
      )
    return sequence(
      when(i32.less(get(length), i32.const(recordBytes)), count(FoldControl.short)),
      filter
        ? when(filterRefuses(address, inMemory(filter), value), count(FoldControl.filtered))
        : sequence(),
      findGroup(keyWords(address, key.map(inMemory)), group, layout, table, local),
      increment(into, 0),
      ...values.map((field, index) =>
        sequence(
          set(value, (field.signed ? loadSigned : loadUnsigned)(address(), inMemory(field))),
          ...layout.measures[index]!.map((place) => addMeasure(into, value, place, field)),
        ),
      ),
    )
  })
}

/** Whether the field is in none of the ranges that the wanted values make: one comparison for each range. */
function filterRefuses(record: () => Code, filter: RecordFilter, value: Local): Code {
  const { oneOf, mask } = filter
  const loaded = loadUnsigned(record(), filter)
  const bits = 8 * filter.bytes
  const refusals = ranges(oneOf.map((wanted) => BigInt.asUintN(bits, BigInt(wanted)))).map(
    ([least, greatest]) => i64.greater(i64.sub(get(value), i64.const(least)), i64.const(greatest - least)),
  )
  return sequence(
    set(value, mask === undefined ? loaded : i64.and(loaded, i64.const(mask))),
    refusals.reduce((left, right) => i32.and(left, right)),
  )
}

/** Numbers as ranges without gaps. */
function ranges(numbers: readonly bigint[]): [least: bigint, greatest: bigint][] {
  const result: [bigint, bigint][] = []
  for (const number of numbers.toSorted((a, b) => (a < b ? -1 : 1))) {
    const last = result.at(-1)
    if (last && number <= last[1] + 1n) last[1] = number
    else result.push([number, number])
  }
  return result
}

/** Sets `group` to the group with the key `loads`, which is made where there is none and room for one. */
function findGroup(
  loads: readonly Code[],
  group: Local,
  layout: GroupLayout,
  table: TablePlace,
  local: (type: ValueType) => Local,
): Code {
  const { groupBytes, groupsMax } = layout
  const other = i32.const(table.groupsAt)
  const words = loads.map(() => local(ValueType.i64))
  const hash = local(ValueType.i64)
  const slot = local(ValueType.i32)
  const probes = local(ValueType.i32)
  const groupCount = local(ValueType.i32)
  const control = i32.const(table.controlAt)
  const key = words.map((word) => get(word))

  const insert = sequence(
    set(group, other),
    set(groupCount, i32.load(control, FoldControl.groupCount)),
    when(
      i32.less(get(groupCount), i32.const(groupsMax)),
      sequence(
        set(groupCount, i32.add(get(groupCount), i32.const(1))),
        i32.store(control, FoldControl.groupCount, get(groupCount)),
        set(group, i32.add(other, i32.mul(get(groupCount), i32.const(groupBytes)))),
        i32.store(get(slot), table.slotsAt, get(group)),
        copyMemory(get(group), i32.const(table.templateAt), i32.const(groupBytes)),
        ...words.map((word, index) => i64.store(get(group), KEY_OFFSET + 8 * index, get(word))),
      ),
    ),
  )
  const look = (found: Label): Code =>
    sequence(
      set(group, i32.load(get(slot), table.slotsAt)),
      when(i32.eqz(get(group)), sequence(insert, branch(found))),
      branch(
        found,
        keyEquals(() => get(group), KEY_OFFSET, key),
      ),
    )

  return sequence(
    ...loads.map((load, index) => set(words[index]!, load)),
    hashKey(words, hash, slot, table),
    block((found) =>
      sequence(
        // Most keys are where they are looked for first; the loop with its counter is for the others.
        look(found),
        set(probes, i32.const(PROBES_MAX)),
        loop((probe) =>
          sequence(
            set(slot, i32.and(i32.add(get(slot), i32.const(4)), i32.const(4 * table.slotCount - 1))),
            look(found),
            branch(probe, tee(probes, i32.sub(get(probes), i32.const(1)))),
          ),
        ),
        set(group, other),
      ),
    ),
  )
}

/** Sets `slot` to the byte offset of the first slot to look at: top bits of a multiplicative hash of the key. */
function hashKey(words: readonly Local[], hash: Local, slot: Local, table: TablePlace): Code {
  const bits = Math.log2(table.slotCount)
  return sequence(
    set(hash, i64.const(table.seed)),
    ...words.map((word, index) => {
      const before = index === 0 ? get(hash) : i64.xor(get(hash), i64.shr(get(hash), i64.const(32)))
      return set(hash, i64.mul(i64.xor(before, get(word)), i64.const(MULTIPLIER)))
    }),
    set(slot, i32.and(i32.wrap(i64.shr(get(hash), i64.const(62 - bits))), i32.const(4 * (2 ** bits - 1)))),
  )
}

function addMeasure(
  group: () => Code,
  value: Local,
  { measure, offset }: MeasurePlace,
  field: ValueField,
): Code {
  const kept = i64.load(group(), offset)
  switch (measure) {
    case 'sum':
      return i64.store(group(), offset, i64.add(kept, get(value)))
    case 'min':
      return when(
        (field.signed ? i64.lessSigned : i64.less)(get(value), kept),
        i64.store(group(), offset, get(value)),
      )
    case 'max':
      return when(
        (field.signed ? i64.greaterSigned : i64.greater)(get(value), kept),
        i64.store(group(), offset, get(value)),
      )
    case 'log2': {
      // 63 − clz(value | 1) is the bit length less one: 0 and 1 share the first bucket.
      const bucket = i64.sub(i64.const(63), i64.clz(i64.or(get(value), i64.const(1))))
      return increment(() => i32.add(group(), i32.shl(i32.wrap(bucket), i32.const(3))), offset)
    }
  }
}

function increment(address: () => Code, offset: number): Code {
  return i64.store(address(), offset, i64.add(i64.load(address(), offset), i64.const(1)))
}
