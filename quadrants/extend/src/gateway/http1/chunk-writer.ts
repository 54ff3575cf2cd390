import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import { isFieldName } from './field-name.ts'
import { type Http1Error, http1Error } from './http1-error.ts'
import { isForbiddenTrailer } from './trailers.ts'
import { linesAsBytes } from './written-lines.ts'

/** Behind the data of a chunk. */
export const CHUNK_END: Buffer = Buffer.from('\r\n')

/** Behind the last chunk of content without trailers. */
export const LAST_CHUNK: Buffer = Buffer.from('0\r\n\r\n')

/** In front of the data of a chunk. @param byteCount not 0: that would end the content */
export function chunkHead(byteCount: number): Buffer {
  return Buffer.from(`${byteCount.toString(16)}\r\n`, 'latin1')
}

/** What ends content with trailers. */
export function lastChunk(trailers: HeaderMap): Buffer | Http1Error {
  if (trailers.size === 0) return LAST_CHUNK
  let text = '0\r\n'
  for (let i = 0; i < trailers.size; i++) {
    const name = trailers.names[i]!
    if (!isFieldName(name)) return http1Error('bad-field-name', 0)
    if (isForbiddenTrailer(name)) return http1Error('forbidden-trailer', 0)
    text += `${name}: ${trailers.values[i]}\r\n`
  }
  return linesAsBytes(`${text}\r\n`, trailers.size + 2)
}
