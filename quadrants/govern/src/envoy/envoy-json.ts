/** A message as protobuf's JSON has it, with names of fields as in the proto files: as people write Envoy's configuration. */
export type EnvoyJson = { readonly [field: string]: unknown }

/** A message in an `Any`. */
export function anyOf(type: string, message: EnvoyJson = {}): EnvoyJson {
  return { '@type': `type.googleapis.com/${type}`, ...message }
}

export function seconds(ms: number): string {
  return `${ms / 1000}s`
}

/** `100%` as a fraction: millionths. */
export function fractional(share: number): EnvoyJson {
  return { numerator: Math.round(share * 1e6), denominator: 'MILLION' }
}

/** `%` begins a command in values of headers. */
export function literalValue(value: string): string {
  return value.replaceAll('%', '%%')
}

export function regex(pattern: string): EnvoyJson {
  return { regex: pattern }
}
