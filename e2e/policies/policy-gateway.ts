import { createServer } from 'node:net'
import type { TestContext } from 'node:test'
import { formatDiagnostic } from '@quadrant/core'
import {
  checkGateway,
  type Gateway,
  type GatewaySpec,
  openGateway,
  SocketTransport,
} from '@quadrant/extend/gateway'
import { compileGateway, type CompileGatewayOptions } from '@quadrant/govern/gateway'
import { PolicyWorkspace } from '@quadrant/govern/policy'

export interface OpenGateway {
  readonly gateway: Gateway
  readonly port: number
  /** Of its access log. */
  readonly lines: readonly string[]
}

/** The file of a gateway that does what documents say. @throws where there is anything wrong with them */
export function gatewayFileOf(documents: string, options: CompileGatewayOptions = {}): string {
  const workspace = new PolicyWorkspace()
  workspace.setFile('policies.yaml', documents)
  const errors = workspace.findings().filter(({ severity }) => severity === 'error')
  if (errors.length > 0)
    throw new Error(errors.map((one) => formatDiagnostic({ ...one }, documents)).join('\n'))
  const [gateway] = workspace.ir().gateways
  if (gateway === undefined) throw new Error('there is no gateway')
  const { value, problems } = compileGateway(gateway, options)
  if (value === undefined)
    throw new Error(
      problems
        .map(({ message, origin }) => `${workspace.locate(origin)?.line ?? '?'}: ${message}`)
        .join('\n'),
    )
  // JSON is YAML.
  return JSON.stringify({
    ...value.file,
    access_logs: [{ stdout: true, text: '%RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %ROUTE_NAME%' }],
  })
}

/** A gateway in this process that does what documents say. */
export async function policyGateway(
  t: Pick<TestContext, 'after'>,
  documents: string,
  options: CompileGatewayOptions = {},
): Promise<OpenGateway> {
  const text = gatewayFileOf(documents, { address: '127.0.0.1', ...options }).replaceAll(
    /"address":"127\.0\.0\.1:80"/g,
    '"address":"127.0.0.1:0"',
  )
  const { value, diagnostics } = checkGateway(text)
  if (value === undefined) throw new Error(diagnostics.map((one) => formatDiagnostic(one, text)).join('\n'))
  const opened = await openPolicyGateway(value)
  t.after(() => opened.gateway.close())
  return opened
}

/** A gateway in this process; who opens it closes it. */
export async function openPolicyGateway(spec: GatewaySpec): Promise<OpenGateway> {
  const lines: string[] = []
  const gateway = await openGateway(spec, {
    transport: new SocketTransport(createServer),
    clock: {
      now: () => performance.now(),
      every: (intervalMs, call) => {
        const timer = setInterval(call, intervalMs)
        return () => clearInterval(timer)
      },
    },
    readPem: () => '',
    resolve: async () => [],
    writeLog: (_, line) => void lines.push(line.trimEnd()),
  })
  return { gateway, port: [...gateway.ports.values()][0]!, lines }
}
