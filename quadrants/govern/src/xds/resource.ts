import { type DescMessage, type MessageShape, toBinary } from '@bufbuild/protobuf'
import { GovernError } from '../error.ts'
import { resourceTypeOf } from './resource-type.ts'

/** A resource as whoever makes it hands it over. */
export interface XdsResource {
  readonly typeUrl: string
  /** No two of a type have the same, whatever their views. */
  readonly name: string
  /** The encoded message. The same message has to be the same bytes each time: they are its version. */
  readonly value: Uint8Array
  /** Who may see it: streams that were admitted to this view (`XdsServerOptions.admit`). Undefined: everyone. */
  readonly view?: string | undefined
  /** What clients wait for once more when this one has changed: an Envoy for the endpoints of a cluster. Default: nothing. */
  readonly awaited?: readonly Pick<XdsResource, 'typeUrl' | 'name'>[]
}

/** A message of a type that is served, by the name that it has. @throws {GovernError} `argument` */
export function toResource<Desc extends DescMessage>(schema: Desc, message: MessageShape<Desc>): XdsResource {
  const typeUrl = `type.googleapis.com/${schema.typeName}`
  if (!resourceTypeOf(typeUrl)) throw new GovernError('argument', `${schema.typeName} is not served by xDS`)
  // In each type that is served it is field 1, whatever it is called (`name`, `cluster_name`).
  const nameField = schema.fields.find(({ number }) => number === 1)!
  const name = (message as unknown as Readonly<Record<string, unknown>>)[nameField.localName]
  if (typeof name !== 'string' || name === '')
    throw new GovernError('argument', `a ${schema.typeName} has no ${nameField.name}`)
  return { typeUrl, name, value: toBinary(schema, message) }
}
