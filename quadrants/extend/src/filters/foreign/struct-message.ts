import { mapValue, utf8Text, type AttributeMessage, type AttributeValue } from './attribute-value.ts'
import { doubleField, lengthField, scalarField, varintField } from './proto-fields.ts'

/** Metadata by namespace, as configured: what JSON can say. */
export type Metadata = Readonly<Record<string, unknown>>

/** Structures within one another that are looked at: what is deeper is null. */
const DEPTH_MAX = 32

/** `google.protobuf.Value` as CEL sees it: numbers are doubles, structures maps. */
export function jsonValue(json: unknown, depth = 0): AttributeValue {
  if (typeof json === 'string') return utf8Text(json)
  if (typeof json === 'boolean') return json
  if (typeof json === 'number') return { kind: 'double', value: json }
  if (typeof json !== 'object' || json === null || depth > DEPTH_MAX) return null
  if (Array.isArray(json)) return { kind: 'list', items: json.map((item) => jsonValue(item, depth + 1)) }
  return mapValue(
    new Map(Object.entries(json).map(([key, item]) => [utf8Text(key), jsonValue(item, depth + 1)])),
  )
}

/** `envoy.config.core.v3.Metadata` of which only what is not typed is there. */
export function metadataMessage(metadata: Metadata): AttributeMessage {
  return {
    kind: 'message',
    fields: new Map([
      ['filter_metadata', jsonValue(metadata)],
      ['typed_filter_metadata', mapValue(new Map())],
    ]),
    bytes: () =>
      Buffer.concat(
        Object.entries(metadata).map(([name, struct]) =>
          lengthField(
            1,
            Buffer.concat([scalarField(1, utf8Text(name)), lengthField(2, structBytes(struct, 0))]),
          ),
        ),
      ),
  }
}

export interface Locality {
  readonly region: string
  readonly zone: string
  readonly subZone: string
}

/** `envoy.config.core.v3.Locality` */
export function localityMessage({ region, zone, subZone }: Locality): AttributeMessage {
  const texts = [region, zone, subZone].map(utf8Text)
  return {
    kind: 'message',
    fields: new Map(['region', 'zone', 'sub_zone'].map((name, index) => [name, texts[index] ?? ''])),
    bytes: () => Buffer.concat(texts.map((text, index) => scalarField(index + 1, text))),
  }
}

/** Who runs the filters, as it is told by `xds.node`. */
export interface NodeIdentity {
  readonly id: string
  readonly cluster: string
  readonly metadata: Metadata
  readonly locality: Locality
  /** `quadrant` */
  readonly userAgentName: string
}

/** `envoy.config.core.v3.Node`, as far as there is something to say. */
export function nodeMessage(node: NodeIdentity): AttributeMessage {
  const locality = localityMessage(node.locality)
  return {
    kind: 'message',
    fields: new Map<string, AttributeValue>([
      ['id', utf8Text(node.id)],
      ['cluster', utf8Text(node.cluster)],
      ['metadata', jsonValue(node.metadata)],
      ['locality', locality],
      ['user_agent_name', utf8Text(node.userAgentName)],
    ]),
    bytes: () =>
      Buffer.concat([
        scalarField(1, utf8Text(node.id)),
        scalarField(2, utf8Text(node.cluster)),
        scalarField(3, structBytes(node.metadata, 0)),
        scalarField(4, locality.bytes()),
        scalarField(6, utf8Text(node.userAgentName)),
      ]),
  }
}

/** `google.protobuf.Struct` */
function structBytes(json: unknown, depth: number): Buffer {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return Buffer.alloc(0)
  return Buffer.concat(
    Object.entries(json).map(([key, value]) =>
      lengthField(
        1,
        Buffer.concat([scalarField(1, utf8Text(key)), lengthField(2, valueBytes(value, depth + 1))]),
      ),
    ),
  )
}

/** `google.protobuf.Value`, of which a field is set also where it is empty. */
function valueBytes(json: unknown, depth: number): Buffer {
  if (typeof json === 'number') return doubleField(2, json)
  if (typeof json === 'string') return lengthField(3, utf8Text(json))
  if (typeof json === 'boolean') return json ? varintField(4, 1) : Buffer.of(0x20, 0)
  if (typeof json !== 'object' || json === null || depth > DEPTH_MAX) return Buffer.of(0x08, 0)
  if (!Array.isArray(json)) return lengthField(5, structBytes(json, depth))
  return lengthField(6, Buffer.concat(json.map((item) => lengthField(1, valueBytes(item, depth + 1)))))
}
