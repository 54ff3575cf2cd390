/** Sums over all groups: the same for every consumer that read the same records. */
export interface Totals {
  readonly events: number
  readonly groups: number
  /** at_ns first and last, bytes, duration sum and greatest, segments, retransmits, greatest source port. */
  readonly sums: readonly number[]
}

const GROUPS_MAX = 4096
const SLOT_BITS = 13
const SLOT_MASK = (1 << SLOT_BITS) - 1

// Words of a group: four of the key, then what is kept, 64-bit numbers as low and high word.
const COUNT = 4
const FIRST = 6
const LAST = 8
const BYTES = 10
const DURATION = 12
const DURATION_MAX = 14
const SEGMENTS = 16
const RETRANSMITS = 18
const PORT_MAX = 20
const GROUP_WORDS = 22

/**
 * The grouping of bpf/record.h's records as one writes it in JavaScript that has to be fast: open addressing over
 * typed arrays, and 64-bit sums in two halves (V8 would turn doubles that hold integers into integers and back at
 * each addition). Group 0 is for the records of further keys.
 */
export function recordGroups() {
  const slots = new Uint16Array(1 << SLOT_BITS)
  // As long as a Uint16 can index, though never touched so far: V8 then leaves the bounds checks out.
  const cells = new Uint32Array(65_536 * GROUP_WORDS)
  let groupCount = 0

  function insert(slot: number, pid: number, source: number, destination: number, port: number): number {
    if (groupCount === GROUPS_MAX) return 0
    groupCount++
    const group = groupCount * GROUP_WORDS
    slots[slot] = groupCount
    cells.fill(0, group, group + GROUP_WORDS)
    cells.set([pid, source, destination, port], group)
    cells.fill(0xffff_ffff, group + FIRST, group + FIRST + 2)
    return group
  }

  function find(pid: number, source: number, destination: number, port: number): number {
    let hash = Math.imul(pid, 0x9e3779b1) + Math.imul(source, 0x85ebca6b) + Math.imul(destination, 0xc2b2ae35)
    hash = (hash + Math.imul(port, 0x27d4eb2f)) | 0
    let slot = Math.imul(hash ^ (hash >>> 15), 0x9e3779b1) >>> (32 - SLOT_BITS)
    for (;;) {
      const group = slots[slot]! * GROUP_WORDS
      if (group === 0) return insert(slot, pid, source, destination, port)
      if (
        cells[group] === pid &&
        cells[group + 1] === source &&
        cells[group + 2] === destination &&
        cells[group + 3] === port
      )
        return group
      slot = (slot + 1) & SLOT_MASK
    }
  }

  function add(cell: number, low: number, high: number): void {
    const sum = (cells[cell]! + low) >>> 0
    cells[cell] = sum
    if (high !== 0 || sum < low) cells[cell + 1] = cells[cell + 1]! + high + (sum < low ? 1 : 0)
  }

  /** Whether the 64-bit number in a cell is below another. */
  function below(cell: number, low: number, high: number): boolean {
    const cellHigh = cells[cell + 1]!
    return cellHigh === high ? cells[cell]! < low : cellHigh < high
  }

  function number(cell: number): number {
    return cells[cell + 1]! * 2 ** 32 + cells[cell]!
  }

  function onRecord(words: Uint32Array, at: number, byteLength: number): void {
    if (byteLength < 48) return
    const kind = words[at + 11]!
    if (kind !== 1 && kind !== 2) return
    const ports = words[at + 10]!
    const group = find(words[at + 4]!, words[at + 5]!, words[at + 6]!, ports >>> 16)
    const atLow = words[at]!
    const atHigh = words[at + 1]!
    const durationUs = words[at + 7]!
    const port = ports & 0xffff
    add(group + COUNT, 1, 0)
    if (!below(group + FIRST, atLow, atHigh)) {
      cells[group + FIRST] = atLow
      cells[group + FIRST + 1] = atHigh
    }
    if (below(group + LAST, atLow, atHigh)) {
      cells[group + LAST] = atLow
      cells[group + LAST + 1] = atHigh
    }
    add(group + BYTES, words[at + 2]!, words[at + 3]!)
    add(group + DURATION, durationUs, 0)
    if (cells[group + DURATION_MAX]! < durationUs) cells[group + DURATION_MAX] = durationUs
    add(group + SEGMENTS, words[at + 8]!, 0)
    add(group + RETRANSMITS, words[at + 9]!, 0)
    if (cells[group + PORT_MAX]! < port) cells[group + PORT_MAX] = port
  }

  return {
    onRecord,
    /** The totals, and starts anew. */
    take(): Totals {
      const fields = [FIRST, LAST, BYTES, DURATION, DURATION_MAX, SEGMENTS, RETRANSMITS, PORT_MAX]
      const sums = fields.map(() => 0)
      let events = 0
      for (let index = 0; index <= groupCount; index++) {
        const group = index * GROUP_WORDS
        if (cells[group + COUNT] === 0) continue
        events += number(group + COUNT)
        for (const [i, field] of fields.entries()) sums[i]! += number(group + field)
      }
      const totals = { events, groups: groupCount, sums }
      slots.fill(0)
      cells.fill(0, 0, GROUP_WORDS)
      groupCount = 0
      return totals
    },
  }
}
