import fc from 'fast-check'

/** A function body as a tree, of which there are bytes and a run in words of JavaScript. */
type Node =
  | { readonly kind: 'add'; readonly value: number }
  | { readonly kind: 'block' | 'loop'; readonly body: readonly Node[] }
  | { readonly kind: 'if'; readonly then: readonly Node[]; readonly else: readonly Node[] | undefined }
  | { readonly kind: 'branch' | 'branchIf'; readonly label: number }
  | { readonly kind: 'table'; readonly labels: readonly number[] }
  | { readonly kind: 'return' }
  | { readonly kind: 'call'; readonly callee: number }

interface MadeProgram {
  /** Functions call only those behind them. */
  readonly functions: readonly (readonly Node[])[]
}

/** The magic number, and version 1. */
export const MODULE_START: readonly number[] = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]

/** Turns of all loops together, so that most programs end; the same number in both runs. */
const TURNS_MAX = 300

const node: fc.Memo<Node> = fc.memo((depth) => {
  const leaf: fc.Arbitrary<Node> = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('add' as const), value: fc.integer({ min: 1, max: 1000 }) }),
    },
    fc.record({
      kind: fc.constantFrom('branch' as const, 'branchIf' as const, 'branchIf' as const),
      label: fc.nat(6),
    }),
    fc.record({
      kind: fc.constant('table' as const),
      labels: fc.array(fc.nat(6), { minLength: 1, maxLength: 5 }),
    }),
    fc.record({ kind: fc.constant('return' as const) }),
    fc.record({ kind: fc.constant('call' as const), callee: fc.nat(3) }),
  )
  if (depth <= 1) return leaf
  const body = fc.array(node(depth - 1), { maxLength: 5 })
  return fc.oneof(
    { weight: 2, arbitrary: leaf },
    { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('block' as const, 'loop' as const), body }) },
    fc.record({
      kind: fc.constant('if' as const),
      // oxlint-disable-next-line unicorn/no-thenable -- an arm of an if
      then: body,
      else: fc.option(body, { nil: undefined }),
    }),
  )
})

export const madeProgram: fc.Arbitrary<MadeProgram> = fc.record({
  functions: fc.array(fc.array(node(5), { maxLength: 8 }), { minLength: 1, maxLength: 3 }),
})

const STATE = 0
const TURNS = 1

/** `state = state * factor + value` */
function change(factor: number, value: number): readonly number[] {
  return [0x23, STATE, 0x41, factor, 0x6c, 0x41, ...signed(value), 0x6a, 0x24, STATE]
}

const CONDITION = [0x23, STATE, 0x41, 4, 0x71]

/** `turns = turns - 1`, and a trap where there are none left. */
const TURN = [0x23, TURNS, 0x41, 0x7f, 0x6a, 0x24, TURNS, 0x23, TURNS, 0x45, 0x04, 0x40, 0x00, 0x0b]

function signed(value: number): readonly number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x40; rest >>= 7) bytes.push((rest & 0x7f) | 0x80)
  return [...bytes, rest]
}

function unsigned(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >> 7)]
}

/** The program's module: it exports `run`, its first function, and `state`. */
export function moduleOf({ functions }: MadeProgram): Uint8Array {
  const section = (id: number, content: readonly number[]) => [id, ...unsigned(content.length), ...content]
  const bodies = functions.map((body, index) => {
    const code = [0, ...codeOf(body, 1, { index, count: functions.length }), 0x0b]
    return [...unsigned(code.length), ...code]
  })
  return Uint8Array.from([
    ...MODULE_START,
    ...section(1, [1, 0x60, 0, 0]),
    ...section(3, [functions.length, ...functions.map(() => 0)]),
    ...section(6, [2, 0x7f, 1, 0x41, 1, 0x0b, 0x7f, 1, 0x41, ...signed(TURNS_MAX), 0x0b]),
    ...section(7, [2, 3, ...Buffer.from('run'), 0, 0, 5, ...Buffer.from('state'), 3, STATE]),
    ...section(10, [bodies.length, ...bodies.flat()]),
  ])
}

interface Position {
  readonly index: number
  readonly count: number
}

function codeOf(body: readonly Node[], depth: number, at: Position): readonly number[] {
  return body.flatMap((each): readonly number[] => {
    switch (each.kind) {
      case 'add':
        return change(31, each.value)
      case 'block':
        return [0x02, 0x40, ...codeOf(each.body, depth + 1, at), 0x0b]
      case 'loop':
        return [0x03, 0x40, ...TURN, ...codeOf(each.body, depth + 1, at), 0x0b]
      case 'if': {
        const otherwise = each.else === undefined ? [] : [0x05, ...codeOf(each.else, depth + 1, at)]
        return [
          ...change(7, 3),
          ...CONDITION,
          0x04,
          0x40,
          ...codeOf(each.then, depth + 1, at),
          ...otherwise,
          0x0b,
        ]
      }
      case 'branch':
        return [0x0c, each.label % depth]
      case 'branchIf':
        return [...change(7, 3), ...CONDITION, 0x0d, each.label % depth]
      case 'table': {
        const labels = each.labels.map((label) => label % depth)
        return [...change(7, 3), 0x23, STATE, 0x41, 7, 0x71, 0x0e, labels.length - 1, ...labels]
      }
      case 'return':
        return [0x0f]
      case 'call': {
        const callee = at.index + 1 + each.callee
        return callee < at.count ? [0x10, callee] : []
      }
    }
  })
}

/** The program's run: undefined where it has more turns than it may. */
export function runOf({
  functions,
}: MadeProgram): { readonly state: number; readonly steps: number } | undefined {
  let state = 1
  let turns = TURNS_MAX
  let steps = 0
  class TooManyTurns extends Error {}
  const change = (factor: number, value: number): void => {
    state = (Math.imul(state, factor) + value) | 0
    steps++
  }
  /** How many blocks are left by what happened last; 0 goes on. */
  const run = (body: readonly Node[], depth: number, index: number): number => {
    for (const each of body) {
      let left = 0
      switch (each.kind) {
        case 'add':
          change(31, each.value)
          break
        case 'block':
          left = run(each.body, depth + 1, index)
          break
        case 'loop':
          do {
            if (--turns === 0) throw new TooManyTurns()
            steps++
            left = run(each.body, depth + 1, index)
          } while (left === 1)
          break
        case 'if':
          change(7, 3)
          left = run((state & 4) === 0 ? (each.else ?? []) : each.then, depth + 1, index)
          break
        case 'branch':
          return (each.label % depth) + 1
        case 'branchIf':
          change(7, 3)
          if ((state & 4) !== 0) return (each.label % depth) + 1
          break
        case 'table': {
          change(7, 3)
          const chosen = each.labels[Math.min(state & 7, each.labels.length - 1)]!
          return (chosen % depth) + 1
        }
        case 'return':
          return depth
        case 'call': {
          const callee = functions[index + 1 + each.callee]
          if (callee !== undefined) run(callee, 1, index + 1 + each.callee)
          break
        }
      }
      // One that leaves this block alone ends here; a loop is begun again by who runs it.
      if (left > 1) return left - 1
    }
    return 0
  }
  try {
    run(functions[0]!, 1, 0)
    return { state, steps }
  } catch (error) {
    if (error instanceof TooManyTurns) return undefined
    throw error
  }
}
