import { fromBinary, type JsonObject, toJson } from '@bufbuild/protobuf'
import { StructSchema } from '@bufbuild/protobuf/wkt'
import { GovernError } from '../error.ts'
import { NameList } from './name-list.ts'
import { FieldReader } from './wire.ts'

/** What a client says, in either variant of the protocol. */
export interface DiscoveryRequest {
  readonly typeUrl: string
  /** Of the response that this answers; empty in one that answers none. */
  readonly nonce: string
  /** Why the response was not taken, where it was not. */
  readonly error: string | undefined
  /** Who the client is; only the first request of a stream has to say so. */
  readonly node: XdsNode | undefined
  /** State of the world: the version that was taken last. */
  readonly version: string
  /** State of the world: all that is wanted. Incremental: what is wanted besides. */
  readonly wanted: NameList
  /** Incremental. */
  readonly unsubscribe: readonly string[]
  readonly initialVersions: ReadonlyMap<string, string>
}

/** A client, as it calls itself. */
export interface XdsNode {
  readonly id: string
  readonly cluster: string
  readonly metadata: JsonObject
}

/** Of text that a client sends and that is kept. */
const ERROR_CHARACTERS_MAX = 4096

/** Fields of `DiscoveryRequest` and `DeltaDiscoveryRequest` (discovery.proto), by what they say. */
const WHOLE = { version: 1, node: 2, wanted: 3, typeUrl: 4, nonce: 5, error: 6, unsubscribe: -1, initial: -1 }
const DELTA = { version: -1, node: 1, typeUrl: 2, wanted: 3, unsubscribe: 4, initial: 5, nonce: 6, error: 7 }

/** `nodeBytesMax` is how large a node may be; without it none is read. @throws {GovernError} `encoding`, `too-large` */
export function decodeRequest(
  message: Uint8Array,
  isDelta: boolean,
  nodeBytesMax: number | undefined,
): DiscoveryRequest {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength)
  const numbers = isDelta ? DELTA : WHOLE
  const reader = new FieldReader(bytes)
  const wanted = new NameList(bytes)
  const unsubscribe: string[] = []
  const initialVersions = new Map<string, string>()
  let [typeUrl, nonce, version] = ['', '', '']
  let error: string | undefined
  let node: XdsNode | undefined
  while (reader.next())
    if (reader.number === numbers.wanted) wanted.add(reader)
    else if (reader.number === numbers.initial) {
      const [name, ofName] = texts(reader.inner(), 1, 2)
      initialVersions.set(name, ofName)
    } else if (reader.number === numbers.unsubscribe) unsubscribe.push(reader.text())
    else if (reader.number === numbers.typeUrl) typeUrl = reader.text()
    else if (reader.number === numbers.nonce) nonce = reader.text()
    else if (reader.number === numbers.version) version = reader.text()
    else if (reader.number === numbers.error)
      // `google.rpc.Status`: code 1, message 2.
      error = texts(reader.inner(), 2)[0].slice(0, ERROR_CHARACTERS_MAX)
    else if (reader.number === numbers.node && nodeBytesMax !== undefined)
      node = decodeNode(bytes, reader, nodeBytesMax)
  return { typeUrl, nonce, error, node, version, wanted, unsubscribe, initialVersions }
}

/** `Node` (base.proto): id 1, cluster 2, metadata 3. */
function decodeNode(bytes: Buffer, { start, end }: FieldReader, bytesMax: number): XdsNode {
  if (end - start > bytesMax)
    throw new GovernError('too-large', `a node of ${end - start} bytes is over the limit of ${bytesMax}`)
  const reader = new FieldReader(bytes, start, end)
  const [id, cluster] = texts(new FieldReader(bytes, start, end), 1, 2)
  let metadata: JsonObject = {}
  while (reader.next())
    if (reader.number === 3) metadata = decodeStruct(bytes.subarray(reader.start, reader.end))
  return { id, cluster, metadata }
}

function decodeStruct(bytes: Uint8Array): JsonObject {
  try {
    return toJson(StructSchema, fromBinary(StructSchema, bytes))
  } catch (error) {
    throw GovernError.from(error, 'encoding')
  }
}

/** The fields of those numbers, of each the last; empty where there is none. */
function texts<const Numbers extends readonly number[]>(
  reader: FieldReader,
  ...numbers: Numbers
): { [Index in keyof Numbers]: string } {
  const found = numbers.map(() => '')
  while (reader.next()) {
    const index = numbers.indexOf(reader.number)
    if (index !== -1) found[index] = reader.text()
  }
  return found as { [Index in keyof Numbers]: string }
}
