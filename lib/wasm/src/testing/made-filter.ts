import { MODULE_START } from './made-program.ts'

/** A hostcall that takes and gives numbers of 32 bits. */
export interface MadeImport {
  readonly name: string
  readonly parameterCount: number
  /** Default `env`. */
  readonly from?: string
}

/** A callback with its code, as bytes, without the `end` behind it; it gives a number where it says so. */
export interface MadeCallback {
  readonly name: string
  readonly parameterCount: number
  readonly isGiving?: boolean
  readonly code: readonly number[]
}

export interface MadeFilter {
  readonly imports?: readonly MadeImport[]
  readonly callbacks: readonly MadeCallback[]
}

const I32 = 0x7f

/**
 * A filter of proxy-wasm 0.2.1 that does what its code says and nothing else. It has 16 pages of memory; what it allocates
 * is always at 64 KiB. Imports are functions 0 and on.
 */
export function madeFilter({ imports = [], callbacks }: MadeFilter): Uint8Array<ArrayBuffer> {
  const all: readonly MadeCallback[] = [
    { name: 'proxy_abi_version_0_2_1', parameterCount: 0, code: [] },
    { name: 'malloc', parameterCount: 1, isGiving: true, code: [0x41, ...unsigned(65_536, true)] },
    ...callbacks,
  ]
  const types = [
    ...imports.map(({ parameterCount }) => typeOf(parameterCount, true)),
    ...all.map(({ parameterCount, isGiving = false }) => typeOf(parameterCount, isGiving)),
  ]
  return Uint8Array.from([
    ...MODULE_START,
    ...section(1, types),
    ...section(
      2,
      imports.map(({ name, from = 'env' }, index) => [...text(from), ...text(name), 0, ...unsigned(index)]),
    ),
    ...section(
      3,
      all.map((_, index) => unsigned(imports.length + index)),
    ),
    ...section(5, [[0, 16]]),
    ...section(7, [
      [...text('memory'), 2, 0],
      ...all.map(({ name }, index) => [...text(name), 0, ...unsigned(imports.length + index)]),
    ]),
    ...section(
      10,
      all.map(({ code }) => unsigned(code.length + 2).concat(0, code, 0x0b)),
    ),
  ])
}

/** `i32.const`, also of a negative number. */
export function constant(value: number): readonly number[] {
  const bytes = [0x41]
  let rest = value | 0
  for (; rest >= 0x40 || rest < -0x40; rest >>= 7) bytes.push((rest & 0x7f) | 0x80)
  return [...bytes, rest & 0x7f]
}

/** A call of an import with these numbers, whose answer is dropped. */
export function callOf(index: number, ...values: readonly number[]): readonly number[] {
  return [...values.flatMap(constant), 0x10, ...unsigned(index), 0x1a]
}

/** Code again and again, without end. */
export function forever(code: readonly number[]): readonly number[] {
  return [0x03, 0x40, ...code, 0x0c, 0, 0x0b]
}

/** Code so many times. */
export function repeated(count: number, code: readonly number[]): readonly number[] {
  // A local would do as well, and more.
  return Array.from({ length: count }, () => code).flat()
}

/** Code, and on behind it whatever is thrown in it. */
export function caught(code: readonly number[]): readonly number[] {
  return [0x02, 0x40, 0x1f, 0x40, 1, 2, 0, ...code, 0x0b, 0x0b]
}

function typeOf(parameterCount: number, isGiving: boolean): readonly number[] {
  return [
    0x60,
    parameterCount,
    ...Array.from({ length: parameterCount }, () => I32),
    ...(isGiving ? [1, I32] : [0]),
  ]
}

function section(id: number, items: readonly (readonly number[])[]): readonly number[] {
  if (items.length === 0) return []
  const content = [...unsigned(items.length), ...items.flat()]
  return [id, ...unsigned(content.length), ...content]
}

function text(value: string): readonly number[] {
  return [...unsigned(value.length), ...Buffer.from(value)]
}

/** LEB128. @param isSigned one that is positive, and read as one that may not be */
function unsigned(value: number, isSigned = false): readonly number[] {
  const end = isSigned ? 0x40 : 0x80
  return value < end ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >> 7, isSigned)]
}
