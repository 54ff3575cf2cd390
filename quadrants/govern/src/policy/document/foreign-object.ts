import { DEFAULT_NAMESPACE } from '../kind/metadata.ts'
import { plainOf, textOf, valueOf, type YamlNode } from '../yaml/yaml-node.ts'
import type { ForeignObject } from './resource.ts'

/** Namespaces belong to none. */
const CLUSTER_SCOPED = new Set(['Namespace', 'GatewayClass', 'Node'])

/** What proxies are told of as it is. */
const WHOLE = new Set(['EndpointSlice', 'Secret'])

/** What is looked at of a document of others; undefined where it has no name. Their own programs check the rest. */
export function foreignObject(root: YamlNode, group: string, kind: string): ForeignObject | undefined {
  const metadata = valueOf(root, 'metadata')
  const name = textOf(metadata, 'name')
  if (name === undefined) return undefined
  const labels = valueOf(metadata, 'labels')
  return {
    group,
    kind,
    name,
    namespace: CLUSTER_SCOPED.has(kind) ? '' : (textOf(metadata, 'namespace') ?? DEFAULT_NAMESPACE),
    labels: labels ? textsOf(plainOf(labels)) : {},
    content: WHOLE.has(kind) ? plainOf(root) : undefined,
    ports: group === '' && kind === 'Service' ? portsOf(root) : [],
  }
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(typeof value === 'object' && value !== null ? value : {}).flatMap(([key, text]) =>
      typeof text === 'string' ? [[key, text]] : [],
    ),
  )
}

function portsOf(root: YamlNode): ForeignObject['ports'] {
  const ports = valueOf(valueOf(root, 'spec'), 'ports')
  return ports?.kind === 'list'
    ? ports.items.flatMap((item) => {
        const port = valueOf(item, 'port')
        return port?.kind === 'scalar' && typeof port.value === 'number'
          ? [
              {
                name: textOf(item, 'name'),
                port: port.value,
                appProtocol: textOf(item, 'appProtocol'),
              },
            ]
          : []
      })
    : []
}
