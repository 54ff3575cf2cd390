import { buildCommand, buildRouteMap } from '@stricli/core'
import type { Context } from '../context.ts'
import type { MeshBootstrapFlags } from '../mesh/bootstrap.ts'
import { hostPort } from '../mesh/host-port.ts'
import type { ProxiesFlags } from '../mesh/proxies.ts'
import type { MeshServeFlags } from '../mesh/serve.ts'
import { documentOutputFlag, helpText } from './flags.ts'
import { withContext } from './with-context.ts'

const serve = buildCommand<MeshServeFlags, [], Context>({
  loader: withContext(async () => (await import('../mesh/serve.ts')).runMeshServe),
  parameters: {
    flags: {
      policies: {
        kind: 'parsed',
        parse: String,
        brief: 'Files or folders of policies, followed as they change; may be given several times',
        placeholder: 'PATH',
        variadic: true,
        default: ['.'],
      },
      listen: {
        kind: 'parsed',
        parse: hostPort,
        brief: 'Where proxies connect',
        placeholder: 'HOST:PORT',
        default: '127.0.0.1:18000',
      },
      status: {
        kind: 'parsed',
        parse: hostPort,
        brief: 'Where it says how proxies stand',
        placeholder: 'HOST:PORT',
        default: '127.0.0.1:18001',
      },
    },
  },
  docs: {
    brief: 'Bring policies to Envoys by xDS, and say what they took',
    fullDescription: helpText(
      [
        'Bring policies to Envoys by xDS, and say what they took: listeners, routes, clusters, endpoints (EndpointSlices) and',
        'certificates (Secrets) of the files, within milliseconds of a change.',
        '',
        'Files with errors change nothing. What an Envoy does not take is held back, named with its line, and all else goes',
        'on. An Envoy says by node.cluster of which Gateway it is.',
      ].join('\n'),
      [
        ['quadrant mesh serve --policies policies', 'until it is told to end'],
        ['quadrant mesh bootstrap --for envoy --gateway shop/web > envoy.json', 'what an Envoy begins with'],
        ['envoy -c envoy.json', 'one of them'],
        ['quadrant proxies', 'who took what'],
      ],
    ),
  },
})

const bootstrap = buildCommand<MeshBootstrapFlags, [], Context>({
  loader: withContext(async () => (await import('../mesh/bootstrap.ts')).runMeshBootstrap),
  parameters: {
    flags: {
      for: { kind: 'enum', values: ['envoy', 'grpc'], brief: 'What begins with it' },
      gateway: {
        kind: 'parsed',
        parse: String,
        brief: 'The Gateway that an Envoy is',
        placeholder: 'NAMESPACE/NAME',
        optional: true,
      },
      id: {
        kind: 'parsed',
        parse: String,
        brief: 'Its name among all proxies (default: of this host)',
        placeholder: 'ID',
        optional: true,
      },
      server: {
        kind: 'parsed',
        parse: hostPort,
        brief: 'Where the control plane is',
        placeholder: 'HOST:PORT',
        default: '127.0.0.1:18000',
      },
      admin: {
        kind: 'parsed',
        parse: hostPort,
        brief: 'Where its administration interface listens (default: nowhere)',
        placeholder: 'HOST:PORT',
        optional: true,
      },
    },
  },
  docs: {
    brief: 'Print what an Envoy, or a gRPC client without a proxy, begins with',
    fullDescription: helpText(
      'Print what an Envoy, or a gRPC client without a proxy, begins with: where the control plane is, and who it is itself.',
      [
        ['quadrant mesh bootstrap --for envoy --gateway shop/web > envoy.json', 'then envoy -c envoy.json'],
        ['quadrant mesh bootstrap --for grpc > grpc.json', 'for GRPC_XDS_BOOTSTRAP'],
      ],
    ),
  },
})

export const mesh = buildRouteMap({
  routes: { serve, bootstrap },
  docs: { brief: 'Bring policies to Envoys and gRPC clients' },
})

export const proxies = buildCommand<ProxiesFlags, [], Context>({
  loader: withContext(async () => (await import('../mesh/proxies.ts')).runProxies),
  parameters: {
    flags: {
      server: {
        kind: 'parsed',
        parse: hostPort,
        brief: 'Where mesh serve says how proxies stand',
        placeholder: 'HOST:PORT',
        default: '127.0.0.1:18001',
      },
      output: documentOutputFlag,
    },
  },
  docs: {
    brief: 'Say which proxy took what of the policies, and what it refuses',
    fullDescription: helpText(
      'Say which proxy took what: resources by type, `+1` under way, `!1` refused; and of each refusal the line and the words.',
      [
        ['quadrant proxies', 'a line for each'],
        ['quadrant proxies -o json', 'for programs'],
      ],
    ),
  },
})
