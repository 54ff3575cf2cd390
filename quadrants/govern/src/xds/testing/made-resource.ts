import { create, toBinary } from '@bufbuild/protobuf'
import { endpoint } from '@quadrant/proto/envoy'
import type { XdsResource } from '../resource.ts'
import { RESOURCE_TYPES, type ResourceType } from '../resource-type.ts'
import { field } from '../wire.ts'

export function urlOf(type: ResourceType['name']): string {
  return RESOURCE_TYPES.find(({ name }) => name === type)!.typeUrl
}

/**
 * `TYPE-INDEX`; another `tag` is another content. Endpoints are real ones, two of a service; of the other types there
 * is no more than a name and what nobody reads.
 */
export function madeResource(type: ResourceType['name'], index: number, tag: number): XdsResource {
  const name = `${type}-${index}`
  const value =
    type === 'EDS' ? endpointsOf(name, index, tag) : Buffer.concat([field(1, name), field(1000, `${tag}`)])
  return { typeUrl: urlOf(type), name, value }
}

function endpointsOf(clusterName: string, index: number, tag: number): Uint8Array {
  const lbEndpoints = [1, 2].map((host) => ({
    hostIdentifier: {
      case: 'endpoint' as const,
      value: {
        address: {
          address: {
            case: 'socketAddress' as const,
            value: {
              address: `10.${host}.${(index >> 8) & 255}.${index & 255}`,
              portSpecifier: { case: 'portValue' as const, value: 1024 + (tag % 60_000) },
            },
          },
        },
      },
    },
  }))
  const schema = endpoint.ClusterLoadAssignmentSchema
  return toBinary(schema, create(schema, { clusterName, endpoints: [{ lbEndpoints }] }))
}
