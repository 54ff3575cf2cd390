import { create } from '@bufbuild/protobuf'
import * as otlp from '@quadrant/proto/otlp'

/** As OTLP has them: whole numbers as `int`. */
export function otlpAttributes(values: Readonly<Record<string, string | number>>): otlp.KeyValue[] {
  return Object.entries(values).map(([key, value]) =>
    create(otlp.KeyValueSchema, {
      key,
      value: {
        value:
          typeof value === 'string'
            ? { case: 'stringValue', value }
            : { case: 'intValue', value: BigInt(value) },
      },
    }),
  )
}

export function unixNano(ms: number): bigint {
  return BigInt(Math.round(ms * 1000)) * 1000n
}
