import {
  type ConfigReader,
  type Field,
  number,
  object,
  optional,
  type Place,
  presence,
  text,
  listenAddress,
  warnWhereExposed,
} from '@quadrant/core/config'
import { PipelineCode } from './codes.ts'
import type { ListenSpec, ReceiverSpec } from './spec.ts'

const MIB = 1 << 20

/** What a receiver of this type reads from its mapping. */
export const RECEIVER_TYPES: Readonly<
  Record<string, (reader: ConfigReader, place: Place, id: string) => ReceiverSpec>
> = {
  quadrant: (reader, place, id) => {
    object('receiver quadrant', {})(reader, place, id)
    return { id, kind: 'quadrant' }
  },
  otlp: (reader, place, id) => {
    const { protocols } = object('receiver otlp', {
      protocols: object('protocols', { grpc: presence(listen(4317)), http: presence(listen(4318)) }),
    })(reader, place, id)
    if (!protocols.grpc && !protocols.http)
      reader.wrong(
        PipelineCode.missing,
        place,
        'an otlp receiver has no protocol',
        'protocols: { grpc:, http: }',
      )
    return { id, kind: 'otlp', grpc: protocols.grpc, http: protocols.http }
  },
}

export const serverTls = object('tls', { cert_file: text, key_file: text, client_ca_file: optional(text) })

function listen(port: number): Field<ListenSpec> {
  return (reader, place, name) => {
    const values = object(name, {
      endpoint: listenAddress({ host: '127.0.0.1', port }),
      max_recv_msg_size_mib: number({ default: 4, min: 1, max: 64 }),
      tls: optional(serverTls),
    })(reader, place, name)
    warnWhereExposed(reader, place, values.endpoint, values.tls?.client_ca_file !== undefined)
    return {
      ...values.endpoint,
      messageBytesMax: values.max_recv_msg_size_mib * MIB,
      tls: values.tls && {
        cert: values.tls.cert_file,
        key: values.tls.key_file,
        ca: values.tls.client_ca_file,
      },
    }
  }
}
