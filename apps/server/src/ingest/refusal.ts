/** Why a message of an agent is not accepted. */
export type RefusalReason =
  | 'malformed' // not the protocol's bytes
  | 'too-large'
  | 'protocol' // out of order: no hello, two hellos
  | 'agent-limit' // one more than may be known
  | 'sequence'
  | 'time'
  | 'count'
  | 'text'
  | 'address'
  | 'index'
  | 'counter'
  | 'flows'
  | 'profile'

export interface Refusal {
  readonly reason: RefusalReason
  readonly detail: string
}

/** Longest texts, in UTF-16 code units. */
export const TEXT_MAX = { name: 255, path: 4096, label: 100 } as const
const COUNTER_MAX = Number.MAX_SAFE_INTEGER
/** How far an agent's clock may be ahead. */
export const AHEAD_SECONDS_MAX = 3600
const PROCESS_KEY = /^\d{1,10}@\d{1,20}$/

/** Thrown within a check, and made a {@link Refusal} of by `refusalOf`. */
export class Refused extends Error {
  readonly refusal: Refusal

  constructor(reason: RefusalReason, detail: string) {
    super(detail)
    this.refusal = { reason, detail }
  }
}

export function refusalOf<T>(run: () => T): { value?: T; refusal?: Refusal } {
  try {
    return { value: run() }
  } catch (error) {
    if (error instanceof Refused) return { refusal: error.refusal }
    throw error
  }
}

/** @throws {Refused} `text` where it is too long, has control characters, or is empty and may not be. */
export function text(name: string, value: string, lengthMax: number, mayBeEmpty = false): void {
  if (value.length > lengthMax)
    throw new Refused('text', `${name} has ${value.length} characters, at most ${lengthMax} are accepted`)
  if (!mayBeEmpty && value === '') throw new Refused('text', `${name} is empty`)
  // Control characters would reach terminals through the command line and the logs.
  if (hasControl(value)) throw new Refused('text', `${name} has control characters`)
}

export function hasControl(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return true
  }
  return false
}

/** @throws {Refused} `counter` where it is negative, no number, or over `max`. */
export function counter(name: string, value: number, max = COUNTER_MAX): void {
  if (!(value >= 0 && value <= max)) throw new Refused('counter', `${name} is ${value}`)
}

/** @throws {Refused} `count` */
export function atMost(name: string, count: number, limit: number): void {
  if (count > limit) throw new Refused('count', `${count} ${name}, at most ${limit} are accepted`)
}

/** @throws {Refused} `index` where it is none of `count` things. */
export function within(name: string, index: number, count: number): void {
  if (!(index < count)) throw new Refused('index', `${name} is ${index} of ${count}`)
}

/** @throws {Refused} `time` where it is no moment of the past, nanoseconds of the Unix epoch. */
export function nsTime(name: string, ns: number, nowNs: number): void {
  if (!(ns > 0 && ns <= nowNs + AHEAD_SECONDS_MAX * 1e9)) throw new Refused('time', `${name} is ${ns}`)
}

/** @throws {Refused} `text` where it is not `pid@start`. */
export function processKey(name: string, key: string): void {
  if (!PROCESS_KEY.test(key)) throw new Refused('text', `${name} is not pid@start`)
}
