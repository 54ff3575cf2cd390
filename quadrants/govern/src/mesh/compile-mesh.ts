import type { Problem } from '../back-end/problem.ts'
import { compileEnvoy, type CompileEnvoyOptions, gatewayView } from '../envoy/compile-envoy.ts'
import { encodeEnvoy } from '../envoy/encode-envoy.ts'
import { loadAssignment } from '../envoy/envoy-endpoints.ts'
import { compileProxyless, MESH_VIEW } from '../envoy/compile-proxyless.ts'
import type { EnvoyJson } from '../envoy/envoy-json.ts'
import type { Origin } from '../ir/origin.ts'
import { lower } from '../lowering/lower.ts'
import type { World } from '../lowering/world.ts'
import { errorOrigin } from '../programming/error-origin.ts'
import type { ProgramResource } from '../programming/program.ts'
import { endpointsOfSlices } from './endpoint-slices.ts'
import { secretsOf } from './tls-secrets.ts'

export interface CompiledMesh {
  /** Everything that proxies are to have: of gateways with problems nothing. */
  readonly program: readonly ProgramResource[]
  /** `shop/web`. */
  readonly gateways: readonly string[]
  readonly problems: readonly Problem[]
}

const ASSIGNMENT = 'envoy.config.endpoint.v3.ClusterLoadAssignment'
const SECRET = 'envoy.extensions.transport_sockets.tls.v3.Secret'

/** What Envoys are to have of all that is known: listeners, routes, clusters, endpoints and certificates. */
export function compileMesh(world: World, options: CompileEnvoyOptions = {}): CompiledMesh {
  const program: ProgramResource[] = []
  const problems: Problem[] = []
  const gateways: string[] = []
  const services = new Set<string>()
  const ir = lower(world)
  for (const gateway of ir.gateways) {
    gateways.push(`${gateway.gateway.namespace}/${gateway.gateway.name}`)
    for (const { name } of gateway.clusters) services.add(name)
    add(compileEnvoy(gateway, options), gatewayView(gateway))
  }
  for (const service of ir.services) {
    for (const { name } of service.clusters) services.add(name)
    add(compileProxyless(service), MESH_VIEW)
  }
  const endpoints = endpointsOfSlices(world.services, world.contents)
  for (const service of services) {
    const [namespace = '', name = ''] = service.split('/')
    program.push(
      known(ASSIGNMENT, loadAssignment(service, endpoints.get(service) ?? []), {
        group: '',
        kind: 'Service',
        namespace,
        name,
      }),
    )
  }
  for (const secret of secretsOf(world.contents)) {
    const [, namespace = '', name = ''] = String(secret['name']).split('/')
    program.push(known(SECRET, secret, { group: '', kind: 'Secret', namespace, name }))
  }
  return { program, gateways, problems }

  function add(compiled: ReturnType<typeof compileEnvoy>, view: string): void {
    problems.push(...compiled.problems)
    if (!compiled.value) return
    const { resources, sources } = compiled.value
    for (const { type, message } of resources)
      program.push({
        resource: encodeEnvoy(type, message, view),
        needs: endpointsNeeded(message),
        originOf: (error) => errorOrigin(message, error, sources),
      })
  }
}

function endpointsNeeded({ eds_cluster_config: eds }: EnvoyJson): ProgramResource['needs'] {
  const { service_name: name } = (eds ?? {}) as { readonly service_name?: string }
  return name === undefined ? undefined : { typeUrl: `type.googleapis.com/${ASSIGNMENT}`, name }
}

function known(type: string, message: EnvoyJson, resource: Origin['resource']): ProgramResource {
  return { resource: encodeEnvoy(type, message), originOf: () => ({ resource, path: ['metadata', 'name'] }) }
}
