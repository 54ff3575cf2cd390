import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { suite, test } from 'node:test'
import { field } from './wire.ts'
import { encodeResource } from './encoded-resource.ts'
import type { XdsResource } from './resource.ts'
import { RESOURCE_TYPES } from './resource-type.ts'
import { type Answer, PROTOCOL_CASES, type ProtocolCase, type Step } from './protocol.case.ts'
import { listen, type Received, XdsClient } from './testing/xds-client.ts'
import { XdsServer } from './xds-server.ts'

const QUIET_MS = 60
/** Names that nothing has. */
const PADDING = Array.from({ length: 20 }, (_, index) => `padding-${index}`)
const NODE = { id: 'proxy', cluster: 'shop' }

function urlOf(type: string): string {
  return RESOURCE_TYPES.find(({ name }) => name === type)!.typeUrl
}

/** `CDS a=1`: the content is a second field, of which no version of the messages makes anything else. */
function resource(written: string): XdsResource {
  const [, type, name, view, content] = /^(\w+) (\w+)(?:@(\w+))?=(\w+)$/.exec(written)!
  return {
    typeUrl: urlOf(type!),
    name: name!,
    view,
    value: Buffer.concat([field(1, name!), field(1000, content!)]),
  }
}

function nameOf(value: Uint8Array): string {
  return Buffer.from(value).toString('utf8', 2, 2 + value[1]!)
}

function written({ type, names, removed }: Received): string {
  const name = RESOURCE_TYPES.find(({ typeUrl }) => typeUrl === type)!.name
  const gone = removed.filter((missing) => !PADDING.includes(missing))
  return [name, ...names, ...gone.map((missing) => `-${missing}`)].join(' ')
}

suite('what the protocol asks', { concurrency: 16 }, () => {
  for (const one of PROTOCOL_CASES) {
    test(one.name, { timeout: 20_000 }, () => check(one, []))
    // Many names are held together with others who ask for the same; which is nothing that a client may notice.
    test(`${one.name}; with many names`, { timeout: 20_000 }, () => check(one, PADDING))
  }
})

async function check({ isDelta, views, served, steps }: ProtocolCase, padding: readonly string[]) {
  const xds = new XdsServer(views && { admit: () => ({ views }) })
  const current = new Map(served.map((text) => [keyOf(text), resource(text)]))
  xds.update({ set: [...current.values()] })
  using listener = await listen(xds)
  let client = new XdsClient(listener.address, nameOf, isDelta)
  using _leaving = { [Symbol.dispose]: () => client[Symbol.dispose]() }
  let gotten = 0
  let isPaddedOnce = false
  let lastVersion = ''
  // Somebody else who asks for the same, and stays.
  using other = new XdsClient(listener.address, nameOf, isDelta)
  for (const step of steps)
    if ('ask' in step || 'change' in step) {
      say(other, { ...step, answer: undefined }, current, '', padding)
      break
    }
  for (const step of steps) {
    if ('gets' in step) {
      for (const expected of step.gets) assert.equal(written(await client.response(gotten++)), expected)
      await delay(QUIET_MS)
      assert.deepEqual(client.received.slice(gotten).map(written), [], 'nothing else comes')
    } else if ('reconnect' in step) {
      lastVersion = client.received.at(-1)!.version
      client[Symbol.dispose]()
      client = new XdsClient(listener.address, nameOf, isDelta)
      gotten = 0
      isPaddedOnce = false
    } else if ('ask' in step || 'change' in step) {
      const isPadded = 'ask' in step || !isPaddedOnce
      isPaddedOnce ||= 'change' in step && (step.subscribe ?? []).length > 0
      say(client, step, current, lastVersion, isPadded ? padding : [])
    } else {
      // Before this, the server has to have what the client said last.
      await delay(QUIET_MS)
      for (const text of step.set ?? []) current.set(keyOf(text), resource(text))
      const remove = (step.remove ?? []).map((text) => ({
        typeUrl: urlOf(text.split(' ')[0]!),
        name: text.split(' ')[1]!,
      }))
      xds.update({ set: (step.set ?? []).map(resource), remove })
    }
  }
}

/** `CDS a` of `CDS a@red=1`. */
function keyOf(written: string): string {
  return /^\w+ \w+/.exec(written)![0]
}

function say(
  client: XdsClient,
  step: Extract<Step, { ask: string } | { change: string }>,
  current: ReadonlyMap<string, XdsResource>,
  lastVersion: string,
  padding: readonly string[],
): void {
  const type = 'ask' in step ? step.ask : step.change
  const typeUrl = urlOf(type)
  const last = client.received.findLast((received) => received.type === typeUrl)
  const errorDetail = step.answer === 'nack' ? { code: 3, message: 'no' } : undefined
  const responseNonce = nonceOf(step.answer, last)
  if ('ask' in step)
    client.say({
      node: NODE,
      typeUrl,
      versionInfo: last?.version ?? lastVersion,
      resourceNames: padded(step.names, padding),
      responseNonce,
      errorDetail,
    })
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
      resourceNamesSubscribe: padded(step.subscribe, padding),
      resourceNamesUnsubscribe: [...(step.unsubscribe ?? [])],
      initialResourceVersions,
      responseNonce,
      errorDetail,
    })
  }
}

function padded(names: readonly string[] = [], padding: readonly string[]): string[] {
  return names.length === 0 ? [] : [...names, ...padding]
}

function nonceOf(answer: Answer | undefined, last: Received | undefined): string {
  if (answer === undefined) return ''
  return answer === 'stale' ? 'of long ago' : last!.nonce
}
