import { type CelType, listOf, mapOf, type ScalarName } from './cel-type.ts'

export interface Overload {
  readonly takes: readonly CelType[]
  readonly gives: CelType
}

const t = (kind: ScalarName): CelType => ({ kind })
const A: CelType = { kind: 'parameter', name: 'A' }
const B: CelType = { kind: 'parameter', name: 'B' }
const [bool, int, uint, double, string, bytes, timestamp, duration, type, dyn] = (
  ['bool', 'int', 'uint', 'double', 'string', 'bytes', 'timestamp', 'duration', 'type', 'dyn'] as const
).map(t) as [CelType, CelType, CelType, CelType, CelType, CelType, CelType, CelType, CelType, CelType]

const overload = (gives: CelType, ...takes: CelType[]): Overload => ({ takes, gives })
const alike = (types: readonly CelType[], gives?: CelType) =>
  types.map((one) => overload(gives ?? one, one, one))
const from = (gives: CelType, types: readonly CelType[]) => types.map((one) => overload(gives, one))

const ordered = [bool, int, uint, double, string, bytes, timestamp, duration]
const numbers = [int, uint, double]
const fieldOfTime = [overload(int, timestamp), overload(int, timestamp, string)]

/**
 * Functions and operators by the names that the parser gives them; a method has its target as its first argument
 * (cel-spec, "List of Standard Definitions").
 */
export const FUNCTIONS: Readonly<Record<string, readonly Overload[]>> = {
  '_&&_': [overload(bool, bool, bool)],
  '_||_': [overload(bool, bool, bool)],
  '!_': [overload(bool, bool)],
  '-_': from(int, [int]).concat(from(double, [double])),
  '_?_:_': [overload(A, bool, A, A)],
  '_==_': [overload(bool, A, A)],
  '_!=_': [overload(bool, A, A)],
  '_<_': alike(ordered, bool),
  '_<=_': alike(ordered, bool),
  '_>_': alike(ordered, bool),
  '_>=_': alike(ordered, bool),
  '_+_': [
    ...alike([...numbers, string, bytes, duration]),
    overload(listOf(A), listOf(A), listOf(A)),
    overload(timestamp, timestamp, duration),
    overload(timestamp, duration, timestamp),
  ],
  '_-_': [
    ...alike([...numbers, duration]),
    overload(duration, timestamp, timestamp),
    overload(timestamp, timestamp, duration),
  ],
  '_*_': alike(numbers),
  '_/_': alike(numbers),
  '_%_': alike([int, uint]),
  '_[_]': [overload(A, listOf(A), int), overload(B, mapOf(A, B), A)],
  '@in': [overload(bool, A, listOf(A)), overload(bool, A, mapOf(A, B))],
  size: from(int, [string, bytes, listOf(A), mapOf(A, B)]),
  contains: [overload(bool, string, string)],
  startsWith: [overload(bool, string, string)],
  endsWith: [overload(bool, string, string)],
  matches: [overload(bool, string, string)],
  int: from(int, [int, uint, double, string, timestamp, duration]),
  uint: from(uint, [uint, int, double, string]),
  double: from(double, [double, int, uint, string]),
  string: from(string, [string, bool, int, uint, double, bytes, timestamp, duration]),
  bytes: from(bytes, [bytes, string]),
  bool: from(bool, [bool, string]),
  timestamp: from(timestamp, [timestamp, string, int]),
  duration: from(duration, [duration, string]),
  type: [overload(type, A)],
  dyn: [overload(dyn, A)],
  getDate: fieldOfTime,
  getDayOfMonth: fieldOfTime,
  getDayOfWeek: fieldOfTime,
  getDayOfYear: fieldOfTime,
  getFullYear: fieldOfTime,
  getMonth: fieldOfTime,
  getHours: [...fieldOfTime, overload(int, duration)],
  getMinutes: [...fieldOfTime, overload(int, duration)],
  getSeconds: [...fieldOfTime, overload(int, duration)],
  getMilliseconds: [...fieldOfTime, overload(int, duration)],
}

/** Called on something, as `x.contains(y)`, and never alone. */
export const METHODS: ReadonlySet<string> = new Set([
  'contains',
  'startsWith',
  'endsWith',
  'matches',
  ...Object.keys(FUNCTIONS).filter((name) => name.startsWith('get')),
])

/** Both ways: `size(x)` and `x.size()`. */
export const METHODS_TOO: ReadonlySet<string> = new Set(['size', 'matches'])

/** What the parser writes out, by the number of arguments. */
export const MACROS: Readonly<Record<string, number>> = {
  has: 1,
  all: 2,
  exists: 2,
  exists_one: 2,
  filter: 2,
  map: 2,
}

/** `_+_` as people write it. */
export function shownFunction(name: string): string {
  if (name === '@in') return 'in'
  if (name === '_[_]') return '[]'
  return name.replaceAll('_', '') === '' ? name : /^[_!-]/.test(name) ? name.replaceAll('_', '') : name
}
