import { readFileSync, readdirSync } from 'node:fs'
import { compileEnvoy } from '../../envoy/compile-envoy.ts'
import { encodeEnvoy } from '../../envoy/encode-envoy.ts'
import { compileGateway } from '../../gateway/compile-gateway.ts'
import type { GatewayIr } from '../../ir/gateway.ts'
import { PolicyWorkspace } from '../../policy/policy-workspace.ts'
import type { Problem } from '../problem.ts'

const TESTDATA = new URL('../../../testdata/policy/', import.meta.url)
const SCENE = readFileSync(new URL('valid-scene.yaml', TESTDATA), 'utf8')

/** Documents that are right; at their top stands which back ends cannot do them: `# envoy POL044 9:3`. */
export interface Example {
  readonly name: string
  readonly text: string
}

export const EXAMPLES: readonly Example[] = readdirSync(new URL('valid/', TESTDATA))
  .toSorted()
  .map((name) => ({ name, text: readFileSync(new URL(`valid/${name}`, TESTDATA), 'utf8') }))

/** The example among what it refers to. */
export function workspaceOf({ name, text }: Example): PolicyWorkspace {
  const workspace = new PolicyWorkspace()
  workspace.setFile('valid-scene.yaml', SCENE)
  workspace.setFile(name, text)
  return workspace
}

export interface Compiled {
  /** What proxies get, of all gateways. */
  readonly outputs: readonly unknown[]
  readonly problems: readonly Problem[]
}

/** Each back end, with whatever it asks of its surroundings at hand. */
const BACK_ENDS: Readonly<Record<string, (gateway: GatewayIr) => Compiled>> = {
  envoy: (gateway) => {
    const { value, problems } = compileEnvoy(gateway, {
      moduleOf: (release, digest) => ({ path: `${release}${digest}.wasm` }),
    })
    const resources = value?.resources ?? []
    // Whatever Envoy's messages do not have is an error.
    for (const { type, message } of resources) encodeEnvoy(type, message)
    return { outputs: resources, problems }
  },
  gateway: (gateway) => {
    const { value, problems } = compileGateway(gateway)
    return { outputs: value ? [value.file] : [], problems }
  },
}

export function compile(backEnd: string, workspace: PolicyWorkspace): Compiled {
  const all = workspace.ir().gateways.map(BACK_ENDS[backEnd]!)
  return {
    outputs: all.flatMap(({ outputs }) => outputs),
    problems: all.flatMap(({ problems }) => problems),
  }
}

export const BACK_END_NAMES: readonly string[] = Object.keys(BACK_ENDS)

/** Of the comments at the top: `# envoy POL044 9:3`. */
export function expectedOf({ text }: Example): readonly string[] {
  return [...text.matchAll(/^# (\w+ POL\d+ \d+:\d+)$/gm)].map(([, expected]) => expected!)
}
