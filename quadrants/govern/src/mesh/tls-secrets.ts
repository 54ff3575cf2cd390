import type { ForeignObject } from '../policy/document/resource.ts'
import { authoritySecret, tlsSecret } from '../envoy/envoy-endpoints.ts'
import type { EnvoyJson } from '../envoy/envoy-json.ts'

/** Secrets of Kubernetes as those of SDS: `secret/shop/shop-tls`. What has neither a certificate nor an authority is left out. */
export function secretsOf(contents: readonly ForeignObject[]): readonly EnvoyJson[] {
  return contents.flatMap(({ kind, namespace, name, content }): readonly EnvoyJson[] => {
    if (kind !== 'Secret') return []
    const id = `secret/${namespace}/${name}`
    const certificate = pemOf(content, 'tls.crt')
    const key = pemOf(content, 'tls.key')
    if (certificate !== undefined && key !== undefined) return [tlsSecret(id, certificate, key)]
    const authorities = pemOf(content, 'ca.crt')
    return authorities === undefined ? [] : [authoritySecret(id, authorities)]
  })
}

/** `data` is in base64, `stringData` as it is. */
function pemOf(content: unknown, key: string): string | undefined {
  const { data, stringData } = (content ?? {}) as {
    readonly data?: Readonly<Record<string, unknown>>
    readonly stringData?: Readonly<Record<string, unknown>>
  }
  const plain = stringData?.[key]
  if (typeof plain === 'string') return plain
  const encoded = data?.[key]
  return typeof encoded === 'string' ? Buffer.from(encoded, 'base64').toString() : undefined
}
