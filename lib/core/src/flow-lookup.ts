/** One end of a connection as a query may call it. What is not known is empty, 0 or left out. */
export interface QueriedEnd {
  readonly host: string
  readonly address?: string
  readonly service?: string
  readonly comm?: string
  readonly pid?: number
  /** `pid@start`. */
  readonly processKey?: string
}

/** One flow as `FLOW_FIELDS` ask it. Methods, so that nothing is made that no term asks for. */
export interface QueriedFlow {
  /** Names of the client and of the server (`endNames`); where the role is not known, of the local and remote end. */
  clientNames(): readonly string[]
  serverNames(): readonly string[]
  /** Of the server, or of both ends where the role is not known. */
  ports(): readonly number[]
  protocol(): string
  status(): string
  event(): string
  /** Of both ends, those that are known. */
  pids(): readonly number[]
  addresses(): readonly string[]
  host(): string
}

/** Every name that a query may call an end by: address, service, process, host, each also as its coordinate. */
export function endNames({ host, address, service, comm, pid, processKey }: QueriedEnd): string[] {
  const names: string[] = []
  if (address) names.push(address, `addr:${address}`)
  if (service) names.push(service, `svc:${service}`)
  if (service && pid) names.push(`${service} ${pid}`)
  if (comm) names.push(comm)
  if (processKey) names.push(`proc:${host}/${processKey}`)
  // An end without a service is somewhere else, whoever told of it.
  if (service) names.push(`host:${host}`)
  return names
}

/** What `FLOW_FIELDS` mean, for `matchFieldQuery`: the same for a row of the store as for a line of a recording. */
export function flowLookup(flow: QueriedFlow): (key: string) => readonly string[] | undefined {
  return (key) => {
    switch (key) {
      case 'from':
        return flow.clientNames()
      case 'to':
        return flow.serverNames()
      case 'svc':
      case '*':
        return [...flow.clientNames(), ...flow.serverNames()]
      case 'port':
        return flow.ports().map(String)
      case 'proto':
        return [flow.protocol()]
      case 'status':
        return [flow.status()]
      case 'event':
        return [flow.event()]
      case 'pid':
        return flow.pids().map(String)
      case 'ip':
        return flow.addresses()
      case 'host':
        return [flow.host()]
      default:
        return undefined
    }
  }
}
