import { CliError } from '../cli-error.ts'
import type { Context } from '../context.ts'
import { jsonDocument, type JsonValue } from '../output/json.ts'
import { printable } from '../output/printable.ts'
import { table } from '../output/table.ts'
import { type HostPort, shownHostPort } from './host-port.ts'
import type { MeshStatus, ProxyStatus } from './mesh-status.ts'

export interface ProxiesFlags {
  readonly server: HostPort
  readonly output: 'table' | 'json'
}

const TIMEOUT_MS = 5000

/** Prints where each proxy stands. @throws {CliError} QDR-C002 where the control plane does not answer */
export async function runProxies(context: Context, { server, output }: ProxiesFlags): Promise<void> {
  const status = await ask(context, server)
  if (output === 'json') {
    context.stdout.write(jsonDocument(status as unknown as JsonValue))
    return
  }
  const types = [...new Set(status.proxies.flatMap((proxy) => proxy.types.map(({ type }) => type)))].toSorted(
    (a, b) => (a < b ? -1 : 1),
  )
  context.stdout.write(
    table(
      [
        { title: 'PROXY', cell: ({ id }: ProxyStatus) => id, min: 12 },
        { title: 'GATEWAY', cell: ({ cluster }) => cluster, min: 12 },
        ...types.map((type) => ({ title: type, cell: (proxy: ProxyStatus) => cellOf(proxy, type) })),
      ],
      status.proxies,
      { paint: context.paint, columns: context.stdout.columns },
    ),
  )
  if (status.proxies.length === 0)
    context.stdout.write(
      `no proxy is connected: ${context.command} mesh bootstrap --for envoy --gateway ${status.gateways[0] ?? 'NAMESPACE/NAME'}\n`,
    )
  for (const { resource, proxies, error, file, line, column, olderServed } of status.refusals)
    context.stdout.write(
      `\n${context.paint('red', 'refused')} ${file === null ? '' : `${file}:${line}:${column} `}${printable(resource)} by ${proxies.map(printable).join(', ')}\n  ${printable(error.slice(0, 500))}\n  ${olderServed ? 'the version before is served' : 'it is not served'}\n`,
    )
}

/** `12` that it took, `12+1` where one is under way, `12!1` where it refused one. */
function cellOf({ types }: ProxyStatus, type: string): string {
  const found = types.find((one) => one.type === type)
  if (!found) return ''
  const { acknowledged, pending, rejected } = found
  return `${acknowledged}${pending > 0 ? `+${pending}` : ''}${rejected > 0 ? `!${rejected}` : ''}`
}

async function ask(context: Context, server: HostPort): Promise<MeshStatus> {
  const address = `http://${shownHostPort(server)}/status`
  try {
    const answer = await fetch(address, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    if (!answer.ok) throw new Error(`status ${answer.status}`)
    return (await answer.json()) as MeshStatus
  } catch (cause) {
    throw new CliError('QDR-C002', `the control plane on ${address} does not answer`, {
      fix: `${context.command} mesh serve --policies DIR`,
      cause,
    })
  }
}
