import {
  type Code,
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
  { record, length }: WalkRecord,
  layout: GroupLayout,
  table: TablePlace,
  local: (type: ValueType) => Local,
): Code {
  const { plan } = layout
  const group = local(ValueType.i32)
  const value = local(ValueType.i64)
  const address = () => get(record)
  const into = () => get(group)
  return block((done) => {
    const count = (field: number) =>
      sequence(
        increment(() => i32.const(table.controlAt), field),
        branch(done),
      )
    return sequence(
      when(i32.less(get(length), i32.const(plan.recordBytes)), count(FoldControl.short)),
      plan.filter
        ? when(filterRefuses(address, plan.filter, value), count(FoldControl.filtered))
        : sequence(),
      findGroup(address, group, layout, table, local),
      increment(into, 0),
      ...(plan.values ?? []).map((field, index) =>
        sequence(
          set(value, field.signed ? loadSigned(address(), field) : loadUnsigned(address(), field)),
          ...layout.measures[index]!.map((place) => addMeasure(into, value, place, field)),
        ),
      ),
    )
  })
}

function filterRefuses(record: () => Code, filter: RecordFilter, value: Local): Code {
  const { oneOf, mask } = filter
  const loaded = loadUnsigned(record(), filter)
  const first = tee(value, mask === undefined ? loaded : i64.and(loaded, i64.const(mask)))
  const bits = 8 * filter.bytes
  return oneOf
    .map((wanted, index) =>
      i64.ne(index === 0 ? first : get(value), i64.const(BigInt.asUintN(bits, BigInt(wanted)))),
    )
    .reduce((left, right) => i32.and(left, right))
}

function findGroup(
  record: () => Code,
  group: Local,
  layout: GroupLayout,
  table: TablePlace,
  local: (type: ValueType) => Local,
): Code {
  const { groupBytes, groupsMax } = layout
  const other = i32.const(table.groupsAt)
  const loads = keyWords(record, layout.plan.key)
  const words = loads.map(() => local(ValueType.i64))
  const slot = local(ValueType.i32)
  const probes = local(ValueType.i32)
  const groupCount = local(ValueType.i32)
  const control = () => i32.const(table.controlAt)
  const slotMask = i32.const(4 * table.slotCount - 1)

  const insert = (found: Code): Code =>
    sequence(
      set(groupCount, i32.load(control(), FoldControl.groupCount)),
      when(i32.greaterEqual(get(groupCount), i32.const(groupsMax)), sequence(set(group, other), found)),
      set(groupCount, i32.add(get(groupCount), i32.const(1))),
      i32.store(control(), FoldControl.groupCount, get(groupCount)),
      set(group, i32.add(other, i32.mul(get(groupCount), i32.const(groupBytes)))),
      i32.store(i32.add(get(slot), i32.const(table.slotsAt)), 0, get(group)),
      copyMemory(get(group), i32.const(table.templateAt), i32.const(groupBytes)),
      ...words.map((word, index) => i64.store(get(group), KEY_OFFSET + 8 * index, get(word))),
      found,
    )

  return sequence(
    ...loads.map((load, index) => set(words[index]!, load)),
    hashKey(words, local(ValueType.i64), slot, table),
    set(probes, i32.const(PROBES_MAX)),
    block((found) =>
      loop((probe) =>
        sequence(
          set(group, i32.load(i32.add(get(slot), i32.const(table.slotsAt)), 0)),
          when(i32.eqz(get(group)), insert(branch(found))),
          branch(
            found,
            keyEquals(
              () => get(group),
              KEY_OFFSET,
              words.map((word) => get(word)),
            ),
          ),
          set(slot, i32.and(i32.add(get(slot), i32.const(4)), slotMask)),
          branch(probe, tee(probes, i32.sub(get(probes), i32.const(1)))),
          set(group, other),
        ),
      ),
    ),
  )
}

/** Sets `slot` to the byte offset of the first slot to look at: top bits of a multiplicative hash of the key. */
function hashKey(words: readonly Local[], hash: Local, slot: Local, table: TablePlace): Code {
  const bits = Math.log2(table.slotCount)
  const multiplier = i64.const(MULTIPLIER)
  return sequence(
    set(hash, i64.const(table.seed)),
    ...words.map((word) =>
      sequence(
        set(hash, i64.mul(i64.xor(get(hash), get(word)), multiplier)),
        set(hash, i64.xor(get(hash), i64.shr(get(hash), i64.const(32)))),
      ),
    ),
    set(slot, i32.shl(i32.wrap(i64.shr(i64.mul(get(hash), multiplier), i64.const(64 - bits))), i32.const(2))),
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
