import { isIP } from 'node:net'
import type { ClusterSpec } from './cluster-spec.ts'
import { GatewayCode } from './codes.ts'
import type { ProblemList } from './gateway-problem.ts'
import type { GatewaySpec } from './gateway-spec.ts'
import type { ListenerSpec } from './listener-spec.ts'
import { isDeclared, namedOnce } from './name-problems.ts'
import type { VirtualHostSpec } from './route-spec.ts'
import { findTcpProblems } from './tcp-problems.ts'

export function findListenerProblems(
  problems: ProblemList,
  spec: GatewaySpec,
  virtualHosts: ReadonlyMap<string, VirtualHostSpec>,
  filters: ReadonlyMap<string, unknown>,
  clusters: ReadonlyMap<string, ClusterSpec>,
): void {
  if (spec.listeners.length === 0)
    problems.wrong(
      GatewayCode.missing,
      [spec],
      'there is no listener',
      'listeners: [{ name: web, address: 127.0.0.1:8080 }]',
    )
  namedOnce(problems, 'listener', spec.listeners)
  const owners = new Map<string, string>()
  const claim = (name: string, host: string, port: number, subject: object) => {
    if (port === 0) return
    const owner = owners.get(`${host} ${port}`)
    if (owner === undefined) owners.set(`${host} ${port}`, name)
    else
      problems.wrong(
        GatewayCode.duplicate,
        [subject, 'address'],
        `${name} and ${owner} both have port ${port}`,
        'give each its own',
      )
  }
  for (const listener of spec.listeners) {
    claim(listener.name, listener.host, listener.port, listener)
    findOwnProblems(problems, listener)
    for (const [index, name] of listener.filters.entries())
      isDeclared(problems, 'filter', name, filters, [listener.filters, index])
    if (listener.tcp === undefined) findDomainProblems(problems, listener, virtualHosts)
    else findTcpProblems(problems, listener, listener.tcp, clusters)
  }
  if (spec.admin) claim('admin', spec.admin.host, spec.admin.port, spec.admin)
}

function findOwnProblems(problems: ProblemList, listener: ListenerSpec): void {
  if (isIP(listener.host) === 0)
    problems.wrong(
      GatewayCode.wrongValue,
      [listener, 'address'],
      `${listener.host} is no IP address`,
      `address: 127.0.0.1:${listener.port}`,
    )
  const { tls, protocols } = listener
  if (!tls) return
  if (tls.certificates.length === 0)
    problems.wrong(
      GatewayCode.missing,
      [listener, 'tls'],
      `${listener.name} has no certificate`,
      'certificates: [{ cert_file: …, key_file: … }]',
    )
  // Bytes may be of any protocol.
  for (const name of listener.tcp === undefined ? tls.alpn : [])
    if (name !== 'h2' && name !== 'http/1.1')
      problems.wrong(
        GatewayCode.wrongValue,
        [listener, 'tls'],
        `alpn \`${name}\` is not spoken`,
        'alpn: [h2, http/1.1]',
      )
    else if (!protocols.includes(name === 'h2' ? 'http2' : 'http1'))
      problems.wrong(
        GatewayCode.contradiction,
        [listener, 'tls'],
        `alpn offers ${name}, and protocols do not`,
        `protocols: [http1, http2]`,
      )
  if ((tls.clientCertificate === 'none') !== (tls.clientCa === undefined))
    problems.wrong(
      GatewayCode.contradiction,
      [listener, 'tls'],
      `client_certificate is ${tls.clientCertificate}, and there is ${tls.clientCa ? 'a' : 'no'} client_ca_file`,
      tls.clientCa ? 'remove client_ca_file' : 'client_ca_file: …',
    )
}

function findDomainProblems(
  problems: ProblemList,
  listener: ListenerSpec,
  virtualHosts: ReadonlyMap<string, VirtualHostSpec>,
): void {
  if (listener.virtualHosts.length === 0)
    problems.warn(
      GatewayCode.noEffect,
      [listener],
      `${listener.name} has no virtual host, and answers 404 to all`,
      'virtual_hosts: …',
    )
  const owners = new Map<string, VirtualHostSpec>()
  for (const [index, name] of listener.virtualHosts.entries()) {
    if (!isDeclared(problems, 'virtual host', name, virtualHosts, [listener.virtualHosts, index])) continue
    const virtualHost = virtualHosts.get(name)!
    for (const [at, domain] of virtualHost.domains.entries()) {
      const owner = owners.get(domain)
      if (owner === undefined) owners.set(domain, virtualHost)
      else
        problems.wrong(
          GatewayCode.duplicate,
          [virtualHost.domains, at],
          owner === virtualHost
            ? `${name} has ${domain} twice`
            : `${name} and ${owner.name} both have ${domain} on ${listener.name}`,
          'give it to one of them',
        )
    }
  }
}
