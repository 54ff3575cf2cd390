import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkGateway } from '@quadrant/extend/gateway'
import { compileEnvoy } from '@quadrant/govern/envoy'
import { compileGateway } from '@quadrant/govern/gateway'
import { PolicyWorkspace } from '@quadrant/govern/policy'
import { NEEDS_ENVOY } from '../filters/envoy.ts'
import { servedResources, XdsEnvoy } from './xds-envoy.ts'

const TESTDATA = new URL('../../quadrants/govern/testdata/policy/', import.meta.url)
const SCENE = readFileSync(new URL('valid-scene.yaml', TESTDATA), 'utf8')

const EXAMPLES = readdirSync(new URL('valid/', TESTDATA)).map((name) => {
  const workspace = new PolicyWorkspace()
  workspace.setFile('valid-scene.yaml', SCENE)
  workspace.setFile(name, readFileSync(new URL(`valid/${name}`, TESTDATA), 'utf8'))
  return { name, gateways: workspace.ir().gateways }
})

/** A filter of proxy-wasm that does nothing. */
const IDLE_FILTER = Buffer.concat([
  Buffer.from('0061736d010000000109026000006001' + '7f017f03030200010503010001073f03', 'hex'),
  exported('memory', 2, 0),
  exported('proxy_abi_version_0_2_1', 0, 0),
  exported('proxy_on_memory_allocate', 0, 1),
  Buffer.from('0a090202000b0400' + '20000b', 'hex'),
])

function exported(name: string, kind: number, index: number): Buffer {
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), Buffer.from([kind, index])])
}

const DELIVERY = {
  server: 'quadrant.example:7440',
  node: 'web',
  state_directory: 'state',
  trusted_keys: [{ name: 'team', file: 'team.pub' }],
}

test('the gateway reads what examples of each field compile to', () => {
  let fileCount = 0
  for (const { name, gateways } of EXAMPLES)
    for (const gateway of gateways) {
      const { value } = compileGateway(gateway)
      if (value === undefined) continue
      fileCount++
      // Clusters without endpoints are worth to know there, and no error.
      const { diagnostics } = checkGateway(JSON.stringify({ ...value.file, delivery: DELIVERY }))
      assert.deepEqual(
        diagnostics.filter(({ severity }) => severity === 'error'),
        [],
        name,
      )
    }
  assert.ok(fileCount >= 20)
})

test(
  'Envoy takes what examples of each field compile to',
  { ...NEEDS_ENVOY, timeout: 300_000 },
  async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'quadrant-examples-'))
    t.after(() => rmSync(directory, { recursive: true }))
    const path = join(directory, 'idle.wasm')
    writeFileSync(path, IDLE_FILTER)
    // Others may listen on the ports of the examples: of 127.0.0.0/8 this is ours.
    const address = `127.77.${process.pid % 250}.1`
    let exampleCount = 0
    for (const { name, gateways } of EXAMPLES) {
      const outputs = gateways.map(
        (gateway) => compileEnvoy(gateway, { address, moduleOf: () => ({ path }) }).value,
      )
      const [output] = outputs.filter((one) => one !== undefined).slice(-1)
      if (output === undefined) continue
      exampleCount++
      // Each has one of its own: clusters of the same name are others.
      await using envoy = await XdsEnvoy.start()
      const answers = await envoy.serve(servedResources(output, () => 9))
      assert.equal(answers.rejectedCount, 0, `${name}: ${envoy.rejections()}`)
      assert.equal(envoy.rejections(), '', name)
    }
    assert.ok(exampleCount >= 20)
    t.diagnostic(`${exampleCount} examples`)
  },
)
