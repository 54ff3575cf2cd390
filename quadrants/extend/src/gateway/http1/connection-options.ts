import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'

/** What the options of Connection say of the connection itself. */
export interface ConnectionOptions {
  isClose: boolean
  isKeepAlive: boolean
  isUpgrade: boolean
}

/** Adds what one field says (RFC 9110 7.6.1). */
export function readConnectionOptions(value: string, into: ConnectionOptions): void {
  if (value === 'keep-alive') into.isKeepAlive = true
  else if (value === 'close') into.isClose = true
  else for (const option of optionsOf(value)) readOption(option, into)
}

function readOption(option: string, into: ConnectionOptions): void {
  if (option === 'close') into.isClose = true
  else if (option === 'keep-alive') into.isKeepAlive = true
  else if (option === 'upgrade') into.isUpgrade = true
}

function optionsOf(value: string): readonly string[] {
  return value
    .toLowerCase()
    .split(',')
    .map((option) => option.trim())
}

/** Of one connection, whatever Connection names. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
])

/**
 * What Connection may not take away: fields meant for whoever answers, by which requests are framed, let in or told apart.
 * Without this a client could have a proxy drop what that has added itself.
 */
const END_TO_END: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'content-type',
  'content-encoding',
  'authorization',
  'cookie',
  'set-cookie',
  'cache-control',
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-client-cert',
  'x-real-ip',
  'x-request-id',
])

/**
 * Takes out what is only for the connection that the head came by (RFC 9110 7.6.1): Connection and what it names,
 * Keep-Alive, Proxy-Connection, Transfer-Encoding, TE unless it is `trailers`, Upgrade unless the exchange upgrades.
 */
export function removeHopByHop(headers: HeaderMap, isUpgrading = false): void {
  const { names, values } = headers
  const found: string[] = []
  let named: Set<string> | undefined
  let upgrade: string | undefined
  let hasTrailers = false
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!
    if (!HOP_BY_HOP.has(name)) continue
    const value = values[i]!
    found.push(name)
    if (name === 'connection' && value !== 'keep-alive' && value !== 'close') {
      named ??= new Set()
      for (const option of optionsOf(value)) named.add(option)
    } else if (name === 'te') hasTrailers ||= optionsOf(value).includes('trailers')
    else if (name === 'upgrade') upgrade = upgrade === undefined ? value : `${upgrade}, ${value}`
  }
  for (const name of found) headers.remove(name)
  // By the fields and not by the options: there may be ten thousand of those.
  if (named !== undefined)
    for (const name of new Set(names))
      if (named.has(name) && !END_TO_END.has(name) && !name.startsWith(':')) headers.remove(name)
  if (hasTrailers) headers.append('te', 'trailers')
  if (isUpgrading && upgrade !== undefined) headers.append('upgrade', upgrade)
}
