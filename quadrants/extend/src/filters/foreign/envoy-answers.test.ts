import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Result } from '@quadrant/wasm/proxy-wasm'
import { envoyPlugin, envoyStream } from '../../testing/envoy-stream.ts'

type Call = readonly [
  kind: 'foreign' | 'get' | 'set',
  name: string,
  argument: string,
  status: number,
  result: string,
]

interface Answers {
  readonly groups: readonly { readonly name: string; readonly calls: readonly Call[] }[]
  readonly expressions: readonly (readonly [expression: string, status: number, result: string])[]
}

const { groups, expressions }: Answers = JSON.parse(
  readFileSync(new URL('envoy-answers.json', import.meta.url), 'utf8'),
)

/** Where we are not as Envoy, and why. */
const DIFFERENCES: ReadonlyMap<string, string> = new Map([
  ['has(a.b)', 'a field of what has none is not there, instead of an error'],
])

const textOf = (hex: string): string => Buffer.from(hex, 'hex').toString('latin1')

/** As it is recorded. */
function recorded(answer: Uint8Array | string | Result): readonly [status: number, result: string] {
  if (typeof answer === 'number') return [answer, '']
  return [Result.OK, Buffer.from(answer as string, 'latin1').toString('hex')]
}

for (const { name, calls } of groups)
  test(`as Envoy: ${name}`, () => {
    const properties = envoyPlugin().ofStream(envoyStream())
    for (const [kind, what, argument, status, result] of calls) {
      const bytes = Buffer.from(argument, 'hex')
      const answer =
        kind === 'get'
          ? properties.get(textOf(what))
          : kind === 'set'
            ? properties.set(textOf(what), bytes)
            : properties.callForeign(what, bytes)
      const label = kind === 'foreign' ? `${what} ${argument}` : `${kind} ${textOf(what)}`
      assert.deepEqual(recorded(answer), [status, result], label)
    }
  })

test('as Envoy: expressions', () => {
  const properties = envoyPlugin().ofStream(envoyStream())
  properties.set('a', Buffer.from('va'))
  for (const [expression, status, result] of expressions) {
    const token = properties.callForeign('expr_create', Buffer.from(expression))
    const answer = typeof token === 'number' ? token : properties.callForeign('expr_evaluate', token)
    if (DIFFERENCES.has(expression)) assert.notDeepEqual(recorded(answer), [status, result], expression)
    else assert.deepEqual(recorded(answer), [status, result], expression)
    if (typeof token !== 'number') properties.callForeign('expr_delete', token)
  }
})
