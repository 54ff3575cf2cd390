import { PREFACE } from '../frames/frame-type.ts'

/** A frame's bytes. */
export function frame(
  type: number,
  flags: number,
  streamId: number,
  payload: string | Uint8Array = '',
): Buffer {
  const body = typeof payload === 'string' ? Buffer.from(payload, 'hex') : payload
  const head = Buffer.alloc(9)
  head.writeUIntBE(body.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(streamId, 5)
  return Buffer.concat([head, body])
}

export const SETTINGS = frame(4, 0, 0)
export const SETTINGS_ACK = frame(4, 1, 0)
/** How a client begins. */
export const OPENING = Buffer.concat([PREFACE, SETTINGS])

/** A header field as a literal that is not added to any table. */
export function literal(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name), length(value), Buffer.from(value)])
}

function length(value: string): Buffer {
  const bytes = Buffer.byteLength(value)
  return bytes < 127
    ? Buffer.from([bytes])
    : Buffer.from([127, ((bytes - 127) & 127) | 128, (bytes - 127) >> 7])
}

export function fields(of: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat(Object.entries(of).map(([name, value]) => literal(name, value)))
}
