import type { Diagnostic, TextRange } from '@quadrant/core'
import type { FilterCrash } from '@quadrant/wasm/proxy-wasm'
import { TestCode } from './codes.ts'
import type { ExchangeResult, Message } from './run-exchange.ts'
import type { Expectation, MessageExpectation } from './test-spec.ts'

/** What came of an exchange, and of the filter meanwhile. */
export interface Seen {
  readonly result: ExchangeResult
  readonly logs: readonly string[]
  readonly metrics: ReadonlyMap<string, number>
  readonly crash: FilterCrash | undefined
}

type PlaceOf = (key: string, of?: object) => { readonly range: TextRange; readonly file: string | undefined }

const SHOWN_LENGTH_MAX = 200

/** What was expected and did not come, each at its place. */
export function findFailures(expected: Expectation, seen: Seen, placeOf: PlaceOf): readonly Diagnostic[] {
  const failures: Diagnostic[] = []
  const fail = (message: string, key: string, of?: object): void => {
    const { range, file } = placeOf(key, of)
    failures.push({
      code: TestCode.failed,
      severity: 'error',
      message,
      range,
      ...(file === undefined ? {} : { file }),
    })
  }
  const { result, logs, metrics, crash } = seen
  if (expected.outcome !== undefined && expected.outcome !== result.outcome)
    fail(`it was ${result.outcome}${said(result.details)}, not ${expected.outcome}`, 'outcome')
  if (expected.details !== undefined && expected.details !== result.details)
    fail(`the details are ${shown(result.details)}`, 'details')
  if (expected.request !== undefined) messageFailures('request', expected.request, result.request, fail)
  if (expected.response !== undefined) {
    const { status } = expected.response
    const actual = result.response?.headers.get(':status')
    if (status !== undefined && result.response !== undefined && actual !== String(status))
      fail(`the status is ${actual}${said(result.details)}`, 'status', expected.response)
    messageFailures('response', expected.response, result.response, fail)
  }
  for (const [key, to] of [
    ['toUpstream', 'upstream'],
    ['toClient', 'client'],
  ] as const)
    if (expected[key] !== undefined && expected[key] !== result[key])
      fail(`the ${to} got ${shown(result[key])}, not ${shown(expected[key])}`, `to_${to}`)
  for (const text of expected.logs)
    if (!logs.some((line) => line.includes(text)))
      fail(
        `no line that it logged has ${shown(text)}; there were ${logs.length}${logs.length > 0 ? `, the last ${shown(logs.at(-1))}` : ''}`,
        'logs',
      )
  for (const [name, value] of expected.metrics)
    if (metrics.get(name) !== value)
      fail(`the metric ${name} is ${metrics.get(name) ?? 'not there'}, not ${value}`, 'metrics')
  if (crash !== undefined && expected.crash !== crash.failure)
    fail(`the filter is over: ${crash.failure}: ${crash.message}`, 'crash')
  if (crash === undefined && expected.crash !== undefined) fail('the filter is not over', 'crash')
  return failures
}

function messageFailures(
  what: 'request' | 'response',
  expected: MessageExpectation,
  actual: Message | undefined,
  fail: (message: string, key: string, of?: object) => void,
): void {
  if (actual === undefined) {
    fail(what === 'request' ? 'no request reached the upstream' : 'the client got no response', what)
    return
  }
  for (const [name, value] of expected.headers) {
    const values = actual.headers.getAll(name.toLowerCase())
    if (values.length === 0) fail(`the ${what} has no ${name}`, 'headers', expected)
    else if (!values.includes(value))
      fail(
        `${name} of the ${what} is ${values.map(shown).join(' and ')}, not ${shown(value)}`,
        'headers',
        expected,
      )
  }
  for (const name of expected.absent) {
    const value = actual.headers.get(name.toLowerCase())
    if (value !== undefined) fail(`the ${what} has ${name}: ${shown(value)}`, 'absent', expected)
  }
  if (expected.body !== undefined && expected.body !== actual.body)
    fail(`the body of the ${what} is ${shown(actual.body)}, not ${shown(expected.body)}`, 'body', expected)
}

function said(details: string | undefined): string {
  return details === undefined || details === '' ? '' : ` (${details})`
}

function shown(text: string | undefined): string {
  if (text === undefined) return 'missing'
  return JSON.stringify(text.length <= SHOWN_LENGTH_MAX ? text : `${text.slice(0, SHOWN_LENGTH_MAX)}…`)
}
