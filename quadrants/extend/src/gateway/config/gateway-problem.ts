import type { Severity } from '@quadrant/core'
import type { GatewayCode } from './codes.ts'

/** Something that does not hold together in a `GatewaySpec`, whoever made it. */
export interface GatewayProblem {
  readonly code: GatewayCode
  readonly severity: Severity
  /** The part of the spec that it is about, and the key in it, as files call it, or the index. */
  readonly subject: object
  readonly key?: string | number
  readonly message: string
  readonly fix: string
}

/** Where findings go. */
export class ProblemList {
  readonly problems: GatewayProblem[] = []

  wrong(code: GatewayCode, [subject, key]: ProblemPlace, message: string, fix: string): void {
    this.#add({ code, severity: 'error', subject, message, fix }, key)
  }

  warn(code: GatewayCode, [subject, key]: ProblemPlace, message: string, fix: string): void {
    this.#add({ code, severity: 'warning', subject, message, fix }, key)
  }

  #add(problem: GatewayProblem, key: string | number | undefined): void {
    this.problems.push(key === undefined ? problem : { ...problem, key })
  }
}

export type ProblemPlace = readonly [subject: object, key?: string | number]
