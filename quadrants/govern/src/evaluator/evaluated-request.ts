/** A request as decisions see it: after the proxy has normalised its path. */
export interface EvaluatedRequest {
  readonly scheme: 'http' | 'https'
  readonly method: string
  /** `host` or `:authority`, which may have a port. */
  readonly authority: string
  /** With its query. */
  readonly target: string
  /** Names in small letters, without pseudo-headers; several of one name are several. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly protocol?: string
  /** Address and port of who connects. */
  readonly source: { readonly address: string; readonly port: number }
  readonly destination?: { readonly address: string; readonly port: number }
  /** What the certificate of the client says; undefined: it has shown none that was verified. */
  readonly peer?: { readonly uri?: string; readonly dns?: string; readonly subject?: string }
  readonly serverName?: string
}

/** What a request brings for one provider of tokens. */
export type TokenState =
  | { readonly kind: 'missing' }
  | { readonly kind: 'wrong'; readonly why: string }
  | { readonly kind: 'right'; readonly claims: Readonly<Record<string, unknown>> }

/** Several fields of one name are one, joined by commas (RFC 9110, 5.2); `host` is the authority (RFC 9113, 8.3.1). */
export function headerOf({ headers, authority }: EvaluatedRequest, name: string): string | undefined {
  if (name === 'host') return authority
  const values = headers.flatMap(([one, value]) => (one === name ? [value] : []))
  return values.length === 0 ? undefined : values.join(',')
}

export function pathOf({ target }: EvaluatedRequest): string {
  const mark = target.indexOf('?')
  return mark === -1 ? target : target.slice(0, mark)
}

export function queryOf({ target }: EvaluatedRequest): string {
  const mark = target.indexOf('?')
  return mark === -1 ? '' : target.slice(mark + 1)
}

/** Of the authority, in small letters, without a port. */
export function hostOf({ authority }: EvaluatedRequest): string {
  return authority.toLowerCase().replace(/:\d+$/, '')
}
