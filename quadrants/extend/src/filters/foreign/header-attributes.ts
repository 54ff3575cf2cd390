import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { AttributeMap } from './attribute-value.ts'

/** Fields by their names, in any case; those of one name are one, with commas between. None where there are no headers. */
export function headersValue(headers: HeaderMap | undefined): AttributeMap {
  // Both are one field, to Envoy.
  const valueOf = (written: string): string | undefined => {
    const name = written === 'host' ? ':authority' : written
    if (headers === undefined || !headers.has(name)) return undefined
    return headers.getAll(name).join(',')
  }
  return {
    kind: 'map',
    get: (key) => valueOf(key.toLowerCase()),
    entries: () => [...new Set(headers?.names)].map((name) => [name, valueOf(name) ?? ''] as const),
  }
}
