import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { TestContext } from 'node:test'
import { formatDiagnostic } from '@quadrant/core'
import { checkGateway } from '../config/check-gateway.ts'
import type { GatewaySpec } from '../config/gateway-spec.ts'
import { type Gateway, openGateway } from '../gateway.ts'
import type { GatewayParts } from '../gateway-parts.ts'
import { SocketTransport } from '../transport/socket-transport.ts'

export interface TestGateway {
  readonly gateway: Gateway
  /** Of the first listener. */
  readonly port: number
  /** Lines of the access log, in the order in which exchanges ended. */
  readonly lines: string[]
  /** The next line, or one that is there and was not read yet. */
  readonly line: () => Promise<string>
}

/** What a file says. @throws where it has mistakes */
export function gatewaySpec(yaml: string): GatewaySpec {
  const { value, diagnostics } = checkGateway(yaml)
  if (value === undefined) throw new Error(diagnostics.map((one) => formatDiagnostic(one, yaml)).join('\n'))
  return value
}

export const TEST_PARTS: GatewayParts = {
  transport: new SocketTransport(createServer),
  clock: {
    now: () => performance.now(),
    every: (intervalMs, call) => {
      const timer = setInterval(call, intervalMs)
      return () => clearInterval(timer)
    },
  },
  readPem: (path) => readFileSync(path, 'utf8'),
  resolve: async () => [],
}

/** A gateway in this process, on ports that are free. The test closes it. */
export async function testGateway(
  t: TestContext,
  yaml: string,
  parts: Partial<GatewayParts> = {},
): Promise<TestGateway> {
  const lines: string[] = []
  const waiting: ((line: string) => void)[] = []
  let readCount = 0
  const gateway = await openGateway(gatewaySpec(yaml), {
    ...TEST_PARTS,
    writeLog: (_, line) => {
      lines.push(line.trimEnd())
      const next = waiting.shift()
      if (next !== undefined) {
        readCount++
        next(line.trimEnd())
      }
    },
    ...parts,
  })
  t.after(() => gateway.close())
  return {
    gateway,
    port: [...gateway.ports.values()][0]!,
    lines,
    line: () => {
      const line = lines[readCount]
      if (line === undefined) return new Promise((resolve) => waiting.push(resolve))
      readCount++
      return Promise.resolve(line)
    },
  }
}

/** A listener with everything on one cluster. @param cluster more of the cluster, @param route more of its route */
export function simpleYaml(
  upstreamPort: number,
  { listener = '', route = '', cluster = '' }: { listener?: string; route?: string; cluster?: string } = {},
): string {
  return `listeners:
  - { name: main, address: 127.0.0.1:0${listener} }
virtual_hosts:
  - name: all
    domains: ['*']
    routes:
      - { name: direct, match: { prefix: /direct }, respond: { body: direct } }
      - { name: all, match: { prefix: / }, forward: { cluster: up${route} } }
clusters:
  - { name: up, endpoints: [127.0.0.1:${upstreamPort}]${cluster} }
access_logs:
  - { stdout: true, text: '%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%' }
`
}
