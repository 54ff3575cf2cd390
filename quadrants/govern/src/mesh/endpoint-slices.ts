import type { ForeignObject } from '../policy/document/resource.ts'
import type { EnvoyEndpoint } from '../envoy/envoy-endpoints.ts'

/** Of one service port. */
const ENDPOINTS_MAX = 10_000
const SERVICE_LABEL = 'kubernetes.io/service-name'

/**
 * Endpoints of clusters such as `shop/cart/8080`, of EndpointSlices (discovery.k8s.io/v1). A port of a slice belongs to the
 * port of the service that has its name; a slice without names has the only one. What is not ready gets nothing; what
 * terminates and still serves is drained.
 */
export function endpointsOfSlices(
  services: readonly ForeignObject[],
  contents: readonly ForeignObject[],
): ReadonlyMap<string, readonly EnvoyEndpoint[]> {
  const slices = Map.groupBy(
    contents.filter(({ kind }) => kind === 'EndpointSlice'),
    ({ namespace, labels }) => `${namespace}/${labels[SERVICE_LABEL] ?? ''}`,
  )
  const endpoints = new Map<string, readonly EnvoyEndpoint[]>()
  for (const { namespace, name, ports } of services)
    for (const { port, name: portName } of ports)
      endpoints.set(
        `${namespace}/${name}/${port}`,
        (slices.get(`${namespace}/${name}`) ?? [])
          .flatMap(({ content }) => endpointsOf(content, portName))
          .slice(0, ENDPOINTS_MAX),
      )
  return endpoints
}

function endpointsOf(slice: unknown, portName: string | undefined): readonly EnvoyEndpoint[] {
  const ports = listOf(slice, 'ports')
  const chosen =
    ports.find((one) => (textOf(one, 'name') ?? '') === (portName ?? '')) ??
    (ports.length === 1 ? ports[0] : undefined)
  const port = chosen === undefined ? undefined : numberOf(chosen, 'port')
  if (port === undefined) return []
  return listOf(slice, 'endpoints').flatMap((one): readonly EnvoyEndpoint[] => {
    const conditions = fieldOf(one, 'conditions')
    const isDraining = fieldOf(conditions, 'terminating') === true && fieldOf(conditions, 'serving') === true
    if (fieldOf(conditions, 'ready') === false && !isDraining) return []
    return listOf(one, 'addresses').flatMap((address) =>
      typeof address === 'string' ? [{ address, port, isDraining }] : [],
    )
  })
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined
}

function listOf(value: unknown, key: string): readonly unknown[] {
  const list = fieldOf(value, key)
  return Array.isArray(list) ? (list as readonly unknown[]) : []
}

function textOf(value: unknown, key: string): string | undefined {
  const text = fieldOf(value, key)
  return typeof text === 'string' ? text : undefined
}

function numberOf(value: unknown, key: string): number | undefined {
  const number = fieldOf(value, key)
  return typeof number === 'number' && Number.isInteger(number) && number > 0 && number < 65_536
    ? number
    : undefined
}
