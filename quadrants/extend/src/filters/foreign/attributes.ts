import type { AttributeSource } from './attribute-source.ts'
import type { AttributeValue } from './attribute-value.ts'
import { connectionAttribute, peerAttribute, upstreamAttribute } from './connection-attributes.ts'
import { requestAttribute } from './request-attributes.ts'
import { responseAttribute } from './response-attributes.ts'
import { metadataMessage } from './struct-message.ts'
import { xdsAttribute } from './xds-attributes.ts'

type Find = (source: AttributeSource) => AttributeValue | undefined
type FindPart = (source: AttributeSource, name: string) => AttributeValue | undefined

/** What can only be asked for part by part; all but the last are only there where there is a stream. */
const PARTED: ReadonlyMap<string, FindPart> = new Map<string, FindPart>([
  ['request', requestAttribute],
  ['response', responseAttribute],
  ['connection', connectionAttribute],
  ['upstream', upstreamAttribute],
  ['source', (source, name) => peerAttribute(source, name, 'source')],
  ['destination', (source, name) => peerAttribute(source, name, 'destination')],
  ['filter_state', ({ stream }, name) => stream?.state.get(name)],
  ['xds', xdsAttribute],
])

const WHOLE: ReadonlyMap<string, Find> = new Map<string, Find>([
  // Nobody sets any: it is that of the proxy's own filters.
  ['metadata', ({ stream }) => stream && metadataMessage({})],
  ['connection_id', ({ stream }) => stream && { kind: 'uint', value: BigInt(stream.info.connection.id) }],
  ['plugin_name', ({ plugin }) => plugin.name],
  ['plugin_root_id', ({ plugin }) => plugin.rootId],
  ['plugin_vm_id', ({ plugin }) => plugin.vmId],
])

/**
 * What a name stands for in expressions, and at the begin of a path: an attribute as Envoy 1.40 has it (Attributes, in its
 * documentation), or a property of filters. What older ones had beside `xds`, such as `cluster_name` and `node`, is no
 * more.
 */
export function findAttribute(source: AttributeSource, name: string): AttributeValue | undefined {
  const find = PARTED.get(name)
  if (find !== undefined) {
    if (source.stream === undefined && name !== 'xds') return undefined
    return { kind: 'map', get: (part) => find(source, part), entries: undefined }
  }
  const whole = WHOLE.get(name)
  return whole === undefined ? source.stream?.state.property(name) : whole(source)
}

/**
 * What `proxy_get_property` finds at a path, whose parts are separated by NUL.
 *
 * @returns null for a path without parts, undefined where there is nothing
 */
export function attributeAt(source: AttributeSource, path: string): AttributeValue | undefined {
  const parts = partsOf(path)
  const [first, second] = parts
  if (first === undefined) return null
  const find = second === undefined ? undefined : PARTED.get(first)
  let value = find === undefined ? findAttribute(source, first) : find(source, second ?? '')
  for (let index = find === undefined ? 1 : 2; index < parts.length && value !== undefined; index++)
    value = partOf(value, parts[index] ?? '')
  return value
}

/** Paths that were asked for before: filters ask for the same ones. Over it those there are stay, and no more come. */
const PATHS = new Map<string, readonly string[]>()
const PATHS_MAX = 1024
const PATH_LENGTH_MAX = 128

/** An empty one at the end does not count. */
function partsOf(path: string): readonly string[] {
  const known = PATHS.get(path)
  if (known !== undefined) return known
  const parts = path === '' ? [] : (path.endsWith('\0') ? path.slice(0, -1) : path).split('\0')
  if (PATHS.size < PATHS_MAX && path.length <= PATH_LENGTH_MAX) PATHS.set(path, parts)
  return parts
}

function partOf(value: AttributeValue, part: string): AttributeValue | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  switch (value.kind) {
    case 'map':
      return value.get(part)
    case 'message':
      return value.fields.get(part)
    case 'list':
      return /^\d{1,9}$/.test(part) ? value.items[Number(part)] : undefined
    default:
      return undefined
  }
}
