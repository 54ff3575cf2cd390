// A control plane that is killed and comes back under its clients: whoever has what there is gets nothing again.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type ClientHttp2Session, connect } from 'node:http2'
import { setTimeout as delay } from 'node:timers/promises'
import { test } from 'node:test'
import { urlOf } from '../../quadrants/govern/src/xds/testing/made-resource.ts'
import { FULL } from '../requirements.ts'
import { RawStream } from './raw-stream.ts'
import { XdsProcess } from './xds-process.ts'

const CLIENTS = FULL ? 1000 : 200
/** Of one connection: as many as a server lets open. */
const STREAMS_A_SESSION = 20
const RESOURCES = 20
const TYPES = ['CDS', 'EDS', 'LDS', 'RDS', 'SDS', 'ECDS'] as const
const QUIET_MS = 300
const NODE = { id: 'proxy', cluster: 'shop' }

type Type = (typeof TYPES)[number]

/** A proxy, and what it has; it outlives its streams. */
class Proxy {
  readonly isDelta: boolean
  /** Incremental: by type and name. */
  readonly #versions = new Map<Type, Map<string, string>>(TYPES.map((type) => [type, new Map()]))
  /** State of the world: by type. */
  readonly #version = new Map<Type, string>()
  #stream: RawStream | undefined

  constructor(isDelta: boolean) {
    this.isDelta = isDelta
  }

  connect(session: ClientHttp2Session): void {
    const stream = new RawStream(session, this.isDelta)
    this.#stream = stream
    for (const type of TYPES) {
      const typeUrl = urlOf(type)
      const isAll = type === 'CDS' || type === 'LDS'
      const names = isAll ? [] : Array.from({ length: RESOURCES }, (_, index) => `${type}-${index}`)
      const initialResourceVersions = Object.fromEntries(this.#versions.get(type)!)
      const versionInfo = this.#version.get(type) ?? ''
      if (this.isDelta)
        stream.sayDelta({ node: NODE, typeUrl, resourceNamesSubscribe: names, initialResourceVersions })
      else stream.say({ node: NODE, typeUrl, resourceNames: names, versionInfo })
    }
  }

  /** Acknowledges what is there. Gives of each response its type and how many resources it has. */
  async take(): Promise<readonly string[]> {
    const got: string[] = []
    while (this.#stream!.pending > 0)
      got.push(this.isDelta ? await this.#takeDelta() : await this.#takeWhole())
    return got
  }

  async #takeDelta(): Promise<string> {
    const { typeUrl, nonce, resources, removedResources } = await this.#stream!.delta()
    const type = typeOf(typeUrl)
    for (const { name, version } of resources) this.#versions.get(type)!.set(name, version)
    for (const name of removedResources) this.#versions.get(type)!.delete(name)
    this.#stream!.sayDelta({ typeUrl, responseNonce: nonce })
    return `${type} ${resources.length + removedResources.length}`
  }

  async #takeWhole(): Promise<string> {
    const { typeUrl, nonce, versionInfo, resources } = await this.#stream!.whole()
    const type = typeOf(typeUrl)
    this.#version.set(type, versionInfo)
    const isAll = type === 'CDS' || type === 'LDS'
    const resourceNames = isAll ? [] : Array.from({ length: RESOURCES }, (_, index) => `${type}-${index}`)
    this.#stream!.say({ typeUrl, versionInfo, responseNonce: nonce, resourceNames })
    return `${type} ${resources.length}`
  }
}

test(`a restart under ${CLIENTS} clients sends only what is new`, { timeout: 120_000 }, async () => {
  const proxies = Array.from({ length: CLIENTS }, (_, index) => new Proxy(index % 2 === 0))
  const served = async (port = 0) => {
    const xds = await XdsProcess.start({ port })
    for (const type of TYPES) await xds.tell({ kind: 'set', type, from: 0, to: RESOURCES, tag: 1 })
    return xds
  }
  let port: number
  {
    await using xds = await served()
    port = xds.port
    await connectAll(proxies, port)
    const first = await takeAll(proxies)
    assert.deepEqual(first.get('delta'), TYPES.map((type) => `${type} ${RESOURCES}`).toSorted())
    assert.deepEqual(first.get('whole'), TYPES.map((type) => `${type} ${RESOURCES}`).toSorted())
    assert.equal(
      (await xds.stateWhen(({ counts }) => counts.acknowledged >= CLIENTS * TYPES.length)).counts.streams,
      CLIENTS,
    )
    await xds.kill()
  }
  await using xds = await served(port)
  // While it was away one thing has changed.
  await xds.tell({ kind: 'set', type: 'EDS', from: 7, to: 8, tag: 2 })
  await connectAll(proxies, port)
  const again = await takeAll(proxies)
  // Who asks for all is answered, if only by nothing; of names nothing is said but what is new.
  assert.deepEqual(again.get('delta'), ['CDS 0', 'EDS 1', 'LDS 0'])
  // In the state of the world the version spares only those who ask for all: of names it does not say which of them
  // the client had ("Resource versions" of the xDS protocol).
  assert.deepEqual(again.get('whole'), ['ECDS 20', 'EDS 20', 'RDS 20', 'SDS 20'])
  const { counts } = await xds.stateWhen(({ counts }) => counts.streams === CLIENTS)
  assert.deepEqual([counts.streams, counts.rejected], [CLIENTS, 0])
})

async function connectAll(proxies: readonly Proxy[], port: number): Promise<void> {
  for (let start = 0; start < proxies.length; start += STREAMS_A_SESSION) {
    const session = connect(`http://127.0.0.1:${port}`)
    session.on('error', () => {})
    await once(session, 'connect')
    for (const proxy of proxies.slice(start, start + STREAMS_A_SESSION)) proxy.connect(session)
  }
}

/** What each proxy of a variant got, which has to be the same for all; when nothing has come for a while. */
async function takeAll(
  proxies: readonly Proxy[],
): Promise<ReadonlyMap<'delta' | 'whole', readonly string[]>> {
  const gotten = new Map<Proxy, string[]>(proxies.map((proxy) => [proxy, []]))
  for (let isNew = true; isNew;) {
    await delay(QUIET_MS)
    isNew = false
    for (const [proxy, all] of gotten) {
      const got = await proxy.take()
      if (got.length > 0) isNew = true
      all.push(...got)
    }
  }
  const byVariant = new Map<'delta' | 'whole', readonly string[]>()
  for (const [{ isDelta }, all] of gotten) {
    const variant = isDelta ? 'delta' : 'whole'
    const sorted = all.toSorted()
    assert.deepEqual(sorted, byVariant.get(variant) ?? sorted, `${variant}: not all got the same`)
    byVariant.set(variant, sorted)
  }
  return byVariant
}

function typeOf(typeUrl: string): Type {
  return TYPES.find((type) => urlOf(type) === typeUrl)!
}
