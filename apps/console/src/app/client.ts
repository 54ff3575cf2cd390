import { Code, ConnectError, createClient } from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-web'
import { Level, QuadrantService } from '@quadrant/proto'
import type { LevelName } from '../model/view-state.ts'

/** The server that this page came from; the cookie that it set goes along. */
export const transport = createConnectTransport({ baseUrl: location.origin, useBinaryFormat: true })

export const client = createClient(QuadrantService, transport)

export const LEVEL: Readonly<Record<LevelName, Level>> = {
  service: Level.SERVICE,
  process: Level.PROCESS,
  host: Level.HOST,
}

/** Errors that trying again does not mend. */
export function refusalOf(error: unknown): { reason: string; unauthenticated: boolean } | undefined {
  const { code, rawMessage } = ConnectError.from(error)
  if (code === Code.Unauthenticated || code === Code.PermissionDenied)
    return { reason: rawMessage, unauthenticated: true }
  if (code === Code.InvalidArgument) return { reason: rawMessage, unauthenticated: false }
  return undefined
}

export function errorText(error: unknown): string {
  return ConnectError.from(error).rawMessage
}

export function isAbort(error: unknown): boolean {
  return ConnectError.from(error).code === Code.Canceled
}
