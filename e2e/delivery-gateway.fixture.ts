// A gateway, as far as delivery goes: it compiles what it is given, and says on stdout what serves.
// Arguments: socket of the server, folder of its own, file with the public key.
import { readFileSync } from 'node:fs'
import {
  DEFAULT_MODULE_BYTES_MAX,
  FilterDelivery,
  FilterSubscription,
  ReleaseStore,
  connectSocketPath,
  openDiskDirectory,
  type FilterSink,
} from '@quadrant/extend'
import { FILTER_CAPABILITIES, TrustedKeys } from '@quadrant/extend/release'
import { FILTER_LIMITS } from '@quadrant/wasm/proxy-wasm'

const [socketPath, folder, keyFile] = process.argv.slice(2) as [string, string, string]
const say = (what: object) => process.stdout.write(`${JSON.stringify(what)}\n`)
const engine = WebAssembly as unknown as { compile(bytes: Uint8Array): Promise<object> }

const serving = new Map<string, string>()
const sink: FilterSink<{ readonly digest: string }> = {
  async prepare({ digest }, module, { onCompiled }) {
    await engine.compile(module)
    onCompiled()
    return { digest }
  },
  swap(name, { digest }) {
    const before = serving.get(name)
    serving.set(name, digest)
    say({ name, serving: digest })
    return before === undefined ? undefined : { digest: before }
  },
  drain: async () => {},
  switch: (name, isOn) => say({ name, isOn }),
}

const store = await ReleaseStore.open(await openDiskDirectory(folder))
const delivery = new FilterDelivery({
  store,
  sink,
  nowNs: () => Date.now() * 1e6,
  policy: {
    keys: TrustedKeys.of([readFileSync(keyFile, 'utf8')]),
    grants: new Map([
      [
        'auth',
        {
          capabilities: FILTER_CAPABILITIES,
          ceilings: FILTER_LIMITS,
          moduleBytesMax: DEFAULT_MODULE_BYTES_MAX,
          followsUnsignedOrders: true,
        },
      ],
    ]),
  },
})
await delivery.restore()
say({ ready: true, damaged: store.damaged })
const subscription = new FilterSubscription(delivery, {
  nodeId: 'edge-1',
  host: 'alpha',
  version: '0.1.0',
  connect: () => connectSocketPath(socketPath),
  backoff: { firstMs: 20, maxMs: 100 },
})
process.once('SIGTERM', () => {
  void (async () => {
    await subscription[Symbol.asyncDispose]()
    await delivery[Symbol.asyncDispose]()
    process.exit(0)
  })()
})
