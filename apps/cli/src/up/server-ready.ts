/** The one line that a server prints on stdout when it listens. */
export interface ServerReady {
  readonly address: string
  readonly token: string
}

export function parseReady(line: string): ServerReady | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { ready, address, token } = value as Record<string, unknown>
  return ready === true && typeof address === 'string' && typeof token === 'string'
    ? { address, token }
    : undefined
}

/** What a person opens: the token goes into a cookie at the first request and out of the address bar. */
export function consoleAddress({ address, token }: ServerReady): string {
  return `${address}/?token=${token}`
}
