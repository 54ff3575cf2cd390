import { GetStatusResponseSchema, type GetStatusResponse } from '@quadrant/proto'
import { ExitCode } from '../cli-error.ts'
import { callError, connectServer } from '../client/connect.ts'
import type { Context } from '../context.ts'
import { jsonDocument, jsonEncoder } from '../output/json.ts'
import { hasFindings, statusText } from './status-text.ts'

export interface StatusFlags {
  readonly output: 'table' | 'json'
  readonly data?: string
}

export async function runStatus(context: Context, flags: StatusFlags): Promise<void> {
  const server = connectServer(context, flags.data)
  let status: GetStatusResponse
  try {
    status = await server.client.getStatus({}, { signal: context.signal, timeoutMs: 10_000 })
  } catch (error) {
    throw callError(error, server, context)
  }
  context.stdout.write(
    flags.output === 'json'
      ? jsonDocument(jsonEncoder(GetStatusResponseSchema)(status))
      : statusText(status, {
          address: `${server.file.address}/?token=${server.file.token}`,
          nowMs: context.now(),
          paint: context.paint,
        }),
  )
  if (hasFindings(status)) context.process.exitCode = ExitCode.findings
}
