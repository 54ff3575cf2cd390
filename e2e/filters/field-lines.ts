/** What proxies add or change by their own rules, and what is another one each time. */
const LEFT_OUT = new Set([
  'connection',
  'date',
  'host',
  ':authority',
  ':method',
  ':path',
  ':scheme',
  'keep-alive',
  'server',
  'te',
  'trailer',
  'transfer-encoding',
  'x-envoy-expected-rq-timeout-ms',
  'x-envoy-internal',
  'x-envoy-upstream-service-time',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-request-id',
])

/** `name: value` of each that is the same whenever a case runs, in lower-case and by name. */
export function fieldLines(fields: Iterable<readonly [name: string, value: string]>): string[] {
  return [...fields]
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => !LEFT_OUT.has(name))
    .map(([name, value]) => `${name}: ${value}`)
    .sort()
}
