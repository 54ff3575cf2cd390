import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { schemaOf } from '../../publish/open-api.ts'
import { GATEWAY_API_GROUP } from '../kind.ts'
import { KINDS } from '../kinds.ts'

/** The newest whose Go module the toolchains in use can read. */
const VERSION = 'v1.6.3'

/** Where we say something else than the standard channel, and why. */
const TOLD: Readonly<Record<string, string>> = {
  'HTTPRoute: spec.rules[].retry is ours': 'of version 1.7 of the standard channel',
  'Gateway: spec.allowedListeners.namespaces.selector.matchExpressions[].operator enum: DoesNotExist Exists In NotIn is not undefined':
    'API servers refuse others too, only later',
  'Gateway: spec.listeners[].allowedRoutes.namespaces.selector.matchExpressions[].operator enum: DoesNotExist Exists In NotIn is not undefined':
    'API servers refuse others too, only later',
}

/** Bounds that we have and the standard does not: what is longer is refused, as it is a mistake or an attack. */
const BOUNDS = new Set([
  'maxLength',
  'maxItems',
  'maxProperties',
  'minimum',
  'maximum',
  'minLength',
  'format',
])

type JsonSchema = Readonly<Record<string, unknown>>

/** The folder of the module, as Go unpacks it; undefined where Go or the module cannot be had. */
function moduleFolder(): string | undefined {
  if (spawnSync('go', ['version'], { stdio: 'ignore' }).status !== 0) return undefined
  try {
    const told = execFileSync('go', ['mod', 'download', '-json', `sigs.k8s.io/gateway-api@${VERSION}`], {
      cwd: tmpdir(),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return (JSON.parse(told) as { readonly Dir?: string }).Dir
  } catch {
    return undefined
  }
}

const FOLDER = moduleFolder()
const skip = FOLDER === undefined ? 'the Go module of Gateway API cannot be had' : false

function officialSpec(plural: string): JsonSchema {
  const channel = join(FOLDER!, 'config/crd/standard')
  const file = readdirSync(channel).find((name) => name.endsWith(`_${plural}.yaml`))!
  const crd = parse(readFileSync(join(channel, file), 'utf8'), { maxAliasCount: 0 }) as {
    readonly spec: {
      readonly versions: readonly {
        readonly name: string
        readonly schema: { readonly openAPIV3Schema: { readonly properties: Record<string, JsonSchema> } }
      }[]
    }
  }
  const version = crd.spec.versions.find(({ name }) => name === 'v1')!
  return version.schema.openAPIV3Schema.properties['spec']!
}

/** All in which two schemas differ, by path. */
function differences(ours: JsonSchema, theirs: JsonSchema, path: string): readonly string[] {
  const found: string[] = []
  for (const key of [
    'type',
    'enum',
    'pattern',
    'default',
    'minLength',
    'maxLength',
    'minimum',
    'maximum',
    'minItems',
    'maxItems',
    'maxProperties',
    'required',
    'format',
    'x-kubernetes-list-map-keys',
  ]) {
    const [a, b] = [canonical(key, ours[key]), canonical(key, theirs[key])]
    if (a !== b && !(b === undefined && BOUNDS.has(key))) found.push(`${path} ${key}: ${a} is not ${b}`)
  }
  const [mine, standard] = [propertiesOf(ours), propertiesOf(theirs)]
  for (const name of Object.keys(mine)) if (!standard[name]) found.push(`${path}.${name} is ours`)
  for (const [name, schema] of Object.entries(standard))
    if (!mine[name]) found.push(`${path}.${name} is missing`)
    else found.push(...differences(mine[name], schema, `${path}.${name}`))
  for (const [key, suffix] of [
    ['items', '[]'],
    ['additionalProperties', '{}'],
  ] as const)
    if (typeof theirs[key] === 'object')
      found.push(...differences((ours[key] ?? {}) as JsonSchema, theirs[key] as JsonSchema, path + suffix))
  return found
}

function propertiesOf(schema: JsonSchema): Readonly<Record<string, JsonSchema>> {
  return (schema['properties'] ?? {}) as Readonly<Record<string, JsonSchema>>
}

/** Lists of names in any order are the same, and so are patterns with and without escapes that need not be. */
function canonical(key: string, value: unknown): string | undefined {
  if (value === undefined || (key === 'minLength' && value === 0)) return undefined
  if (key === 'pattern' && typeof value === 'string') return value.replace(/\\([/-])/g, '$1')
  const isNames = Array.isArray(value) && value.every((one) => typeof one !== 'object')
  return isNames ? value.map(String).toSorted().join(' ') : JSON.stringify(value)
}

for (const { kind, plural, spec } of KINDS.filter(({ group }) => group === GATEWAY_API_GROUP))
  test(`${kind} is what the standard channel of Gateway API says`, { skip }, () => {
    const ours = schemaOf(spec.shape, { isStructural: true })
    const found = differences(ours, officialSpec(plural), `${kind}: spec`)
    assert.deepEqual(
      found.filter((difference) => TOLD[difference] === undefined),
      [],
    )
  })
