import { celEnv, celMap, type CelInput, isCelError, parse, plan } from '@bufbuild/cel'
import { type EvaluatedRequest, headerOf, pathOf, queryOf } from './evaluated-request.ts'

const ENV = celEnv()
type Plan = (names: Record<string, CelInput>) => unknown
const PLANS = new Map<string, Plan>()
const PLANS_MAX = 1024

/** Whether an expression is true of a request: neither false nor an error, such as a header that is not there. */
export function isTrue(expression: string, request: EvaluatedRequest): boolean {
  return evaluate(expression, request) === true
}

/** The text that an expression gives; undefined for an error, and for what is no text. */
export function textOf(expression: string, request: EvaluatedRequest): string | undefined {
  const value = evaluate(expression, request)
  return typeof value === 'string' ? value : undefined
}

function evaluate(expression: string, request: EvaluatedRequest): unknown {
  let run = PLANS.get(expression)
  if (run === undefined) {
    if (PLANS.size >= PLANS_MAX) PLANS.clear()
    // A comment is only known as one by the end of its line.
    PLANS.set(expression, (run = plan(ENV, parse(`${expression}\n`)) as Plan))
  }
  try {
    const value = run(attributesOf(request))
    return isCelError(value) ? undefined : value
  } catch {
    return undefined
  }
}

/** What Envoy's attributes are of a request; what is not there has no key. */
function attributesOf(request: EvaluatedRequest): Record<string, CelInput> {
  const names = [...new Set(request.headers.map(([name]) => name))]
  const pseudo = [
    [':method', request.method],
    [':path', request.target],
    [':authority', request.authority],
    [':scheme', request.scheme],
    ['host', request.authority],
  ] as const
  const headers = new Map<string, string>([
    ...pseudo,
    ...names.map((name) => [name, headerOf(request, name)!] as const),
  ])
  const { source, destination, peer, serverName } = request
  return {
    request: mapOf({
      path: request.target,
      url_path: pathOf(request),
      query: queryOf(request),
      host: request.authority,
      scheme: request.scheme,
      method: request.method,
      headers: celMap(headers),
      protocol: request.protocol ?? 'HTTP/1.1',
      referer: headers.get('referer'),
      useragent: headers.get('user-agent'),
      id: headers.get('x-request-id'),
    }),
    source: mapOf({ address: shownAddress(source), port: BigInt(source.port) }),
    destination: mapOf(
      destination ? { address: shownAddress(destination), port: BigInt(destination.port) } : {},
    ),
    connection: mapOf({
      mtls: peer !== undefined,
      requested_server_name: serverName ?? '',
      uri_san_peer_certificate: peer?.uri,
      dns_san_peer_certificate: peer?.dns,
      subject_peer_certificate: peer?.subject,
    }),
  }
}

function mapOf(fields: Readonly<Record<string, CelInput | undefined>>): CelInput {
  return celMap(
    new Map(
      Object.entries(fields).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value] as const],
      ),
    ),
  )
}

function shownAddress({ address, port }: { readonly address: string; readonly port: number }): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}
