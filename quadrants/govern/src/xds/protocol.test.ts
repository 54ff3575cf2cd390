import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { test } from 'node:test'
import { field } from './wire.ts'
import { encodeResource } from './encoded-resource.ts'
import type { XdsResource } from './resource.ts'
import { RESOURCE_TYPES } from './resource-type.ts'
import { type Answer, PROTOCOL_CASES, type Step } from './protocol.case.ts'
import { listen, type Received, XdsClient } from './testing/xds-client.ts'
import { XdsServer } from './xds-server.ts'

const QUIET_MS = 60
const NODE = { id: 'proxy', cluster: 'shop' }

function urlOf(type: string): string {
  return RESOURCE_TYPES.find(({ name }) => name === type)!.typeUrl
}

/** `CDS a=1`: the content is a second field, of which no version of the messages makes anything else. */
function resource(written: string): XdsResource {
  const [, type, name, content] = /^(\w+) (\w+)=(\w+)$/.exec(written)!
  return {
    typeUrl: urlOf(type!),
    name: name!,
    value: Buffer.concat([field(1, name!), field(1000, content!)]),
  }
}

function nameOf(value: Uint8Array): string {
  return Buffer.from(value).toString('utf8', 2, 2 + value[1]!)
}

function written({ type, names, removed }: Received): string {
  const name = RESOURCE_TYPES.find(({ typeUrl }) => typeUrl === type)!.name
  return [name, ...names, ...removed.map((gone) => `-${gone}`)].join(' ')
}

for (const { name, isDelta, served, steps } of PROTOCOL_CASES)
  test(name, { timeout: 20_000 }, async () => {
    const xds = new XdsServer()
    const current = new Map(served.map((text) => [text.split('=')[0]!, resource(text)]))
    xds.update({ set: [...current.values()] })
    using listener = await listen(xds)
    using client = new XdsClient(listener.address, nameOf, isDelta)
    let gotten = 0
    for (const step of steps) {
      if ('gets' in step) {
        for (const expected of step.gets) assert.equal(written(await client.response(gotten++)), expected)
        await delay(QUIET_MS)
        assert.deepEqual(client.received.slice(gotten).map(written), [], 'nothing else comes')
      } else if ('ask' in step || 'change' in step) say(client, step, current)
      else {
        // Before this, the server has to have what the client said last.
        await delay(QUIET_MS)
        for (const text of step.set ?? []) current.set(text.split('=')[0]!, resource(text))
        const remove = (step.remove ?? []).map((text) => ({
          typeUrl: urlOf(text.split(' ')[0]!),
          name: text.split(' ')[1]!,
        }))
        xds.update({ set: (step.set ?? []).map(resource), remove })
      }
    }
  })

function say(
  client: XdsClient,
  step: Extract<Step, { ask: string } | { change: string }>,
  current: ReadonlyMap<string, XdsResource>,
): void {
  const type = 'ask' in step ? step.ask : step.change
  const typeUrl = urlOf(type)
  const last = client.received.findLast((received) => received.type === typeUrl)
  const errorDetail = step.answer === 'nack' ? { code: 3, message: 'no' } : undefined
  const responseNonce = nonceOf(step.answer, last)
  if ('ask' in step)
    client.say({ node: NODE, typeUrl, resourceNames: [...(step.names ?? [])], responseNonce, errorDetail })
  else {
    const initialResourceVersions = Object.fromEntries(
      (step.has ?? []).map((name) => {
        const known = current.get(`${type} ${name}`)
        return [name, known ? encodeResource(known).version : 'other']
      }),
    )
    client.sayDelta({
      node: NODE,
      typeUrl,
      resourceNamesSubscribe: [...(step.subscribe ?? [])],
      resourceNamesUnsubscribe: [...(step.unsubscribe ?? [])],
      initialResourceVersions,
      responseNonce,
      errorDetail,
    })
  }
}

function nonceOf(answer: Answer | undefined, last: Received | undefined): string {
  if (answer === undefined) return ''
  return answer === 'stale' ? 'of long ago' : last!.nonce
}
