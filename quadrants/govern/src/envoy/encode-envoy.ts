import { type DescMessage, fromJson, type JsonValue } from '@bufbuild/protobuf'
import { cluster, endpoint, ENVOY_REGISTRY, listener, route, tlsSecret } from '@quadrant/proto/envoy'
import { GovernError } from '../error.ts'
import { toResource, type XdsResource } from '../xds/resource.ts'
import type { EnvoyJson } from './envoy-json.ts'

const SCHEMAS: Readonly<Record<string, DescMessage>> = Object.fromEntries(
  [
    listener.ListenerSchema,
    route.RouteConfigurationSchema,
    cluster.ClusterSchema,
    endpoint.ClusterLoadAssignmentSchema,
    tlsSecret.SecretSchema,
  ].map((schema) => [schema.typeName, schema]),
)

/**
 * A message as JSON in the form in which it is served.
 *
 * @param view who may see it; undefined: everyone
 * @throws {GovernError} `encoding` where it is no such message
 */
export function encodeEnvoy(type: string, message: EnvoyJson, view?: string): XdsResource {
  const schema = SCHEMAS[type]
  if (!schema) throw new GovernError('argument', `${type} is not served by xDS`)
  try {
    const decoded = fromJson(schema, message as JsonValue, { registry: ENVOY_REGISTRY })
    return { ...toResource(schema, decoded), view, awaited: endpointsOf(message) }
  } catch (error) {
    throw GovernError.from(error, 'encoding')
  }
}

/** Of a cluster that has them from xDS. */
function endpointsOf({ eds_cluster_config: config }: EnvoyJson): XdsResource['awaited'] & {} {
  const { service_name: name } = (config ?? {}) as { readonly service_name?: string }
  return name === undefined ? [] : [{ typeUrl: ENDPOINTS_TYPE, name }]
}

const ENDPOINTS_TYPE = `type.googleapis.com/${endpoint.ClusterLoadAssignmentSchema.typeName}`
