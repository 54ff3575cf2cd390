import { hostname } from 'node:os'
import { envoyBootstrap, grpcBootstrap } from '@quadrant/govern/mesh'
import { usageError } from '../cli-error.ts'
import type { Context } from '../context.ts'
import { jsonDocument, type JsonValue } from '../output/json.ts'
import type { HostPort } from './host-port.ts'

export interface MeshBootstrapFlags {
  readonly for: 'envoy' | 'grpc'
  readonly gateway?: string
  readonly id?: string
  readonly server: HostPort
  readonly admin?: HostPort
}

/** Prints what a proxy begins with. @throws {CliError} QDR-C012 where it is not said of which Gateway an Envoy is */
export function runMeshBootstrap(context: Context, flags: MeshBootstrapFlags): void {
  const { gateway, server, admin, id = `${hostname()}-${flags.for}` } = flags
  if (flags.for === 'envoy' && !/^[^/]+\/[^/]+$/.test(gateway ?? ''))
    throw usageError('an Envoy is one of a Gateway: --gateway NAMESPACE/NAME')
  const document =
    flags.for === 'envoy'
      ? envoyBootstrap({ gateway: gateway!, id, server, admin })
      : grpcBootstrap({ id, server })
  context.stdout.write(jsonDocument(document as JsonValue))
}
