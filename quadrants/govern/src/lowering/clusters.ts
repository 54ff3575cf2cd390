import type { ClusterIr } from '../ir/gateway.ts'
import type { Origin } from '../ir/origin.ts'
import type { ForeignObject } from '../policy/document/resource.ts'
import type { PolicyTable } from './policy-table.ts'
import { resolvePolicies, type Step } from './resolve.ts'

/** A reference to a port of a service. */
export interface BackendReference {
  readonly group: string
  readonly kind: string
  readonly name: string
  readonly namespace?: string | undefined
  readonly port?: number | undefined
}

/** `appProtocol` of Kubernetes (KEP-3726) that is HTTP/2 without TLS. */
const HTTP2_PROTOCOLS: ReadonlySet<string> = new Set(['kubernetes.io/h2c', 'grpc', 'http2', 'h2c'])

/** As clusters and their endpoints are called, here and in proxies. */
export function clusterName(reference: BackendReference, home: string): string {
  return `${reference.namespace ?? home}/${reference.name}/${reference.port ?? 0}`
}

export function serviceSteps(
  reference: BackendReference,
  home: string,
  service: ForeignObject | undefined,
): readonly Step[] {
  const { group, kind, name } = reference
  const namespace = reference.namespace ?? home
  const place = { group, kind, namespace, name, section: undefined }
  const portName = service?.ports.find(({ port }) => port === reference.port)?.name
  return [
    { level: 'Service', place },
    ...(portName === undefined ? [] : [{ level: 'Port' as const, place: { ...place, section: portName } }]),
  ]
}

/** Clusters of one gateway, each made when somebody first refers to it. */
export class Clusters {
  readonly #above: readonly Step[]
  readonly #table: PolicyTable
  readonly #serviceOf: (namespace: string, name: string) => ForeignObject | undefined
  readonly #byName = new Map<string, ClusterIr>()

  constructor(
    above: readonly Step[],
    table: PolicyTable,
    serviceOf: (namespace: string, name: string) => ForeignObject | undefined,
  ) {
    this.#above = above
    this.#table = table
    this.#serviceOf = serviceOf
  }

  get all(): readonly ClusterIr[] {
    return [...this.#byName.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }

  serviceOf(reference: BackendReference, home: string): ForeignObject | undefined {
    return this.#serviceOf(reference.namespace ?? home, reference.name)
  }

  /** Gives its name. @param isGrpc calls go there: all of it is HTTP/2 */
  refer(reference: BackendReference, home: string, origin: Origin, isGrpc: boolean): string {
    const name = clusterName(reference, home)
    const known = this.#byName.get(name)
    if (known) {
      if (isGrpc && known.protocol === 'http1') this.#byName.set(name, { ...known, protocol: 'http2' })
      return name
    }
    const service = this.serviceOf(reference, home)
    const appProtocol = service?.ports.find(({ port }) => port === reference.port)?.appProtocol
    this.#byName.set(name, {
      name,
      service: {
        group: reference.group,
        kind: reference.kind,
        namespace: reference.namespace ?? home,
        name: reference.name,
      },
      port: reference.port ?? 0,
      protocol: isGrpc || HTTP2_PROTOCOLS.has(appProtocol ?? '') ? 'http2' : 'http1',
      origin,
      policies: resolvePolicies([...this.#above, ...serviceSteps(reference, home, service)], this.#table),
    })
    return name
  }
}
