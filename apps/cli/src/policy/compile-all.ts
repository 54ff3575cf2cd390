import type { Problem } from '@quadrant/govern/back-end'
import { compileEnvoy } from '@quadrant/govern/envoy'
import { compileGateway } from '@quadrant/govern/gateway'
import type { PolicyWorkspace } from '@quadrant/govern/policy'

export const BACK_ENDS = ['envoy', 'gateway'] as const
export type BackEnd = (typeof BACK_ENDS)[number]

export interface CompiledGateway {
  /** `shop/web`. */
  readonly gateway: string
  /** What is printed; undefined where there are problems. */
  readonly document: object | undefined
  readonly problems: readonly Problem[]
}

/** Each Gateway for a back end. */
export function compileAll(workspace: PolicyWorkspace, backEnd: BackEnd): readonly CompiledGateway[] {
  return workspace.ir().gateways.map((ir) => {
    const gateway = `${ir.gateway.namespace}/${ir.gateway.name}`
    if (backEnd === 'gateway') {
      const { value, problems } = compileGateway(ir, { endpointsOf: serviceName })
      return { gateway, document: value?.file, problems }
    }
    // Where modules lie is known where they are served.
    const { value, problems } = compileEnvoy(ir, { moduleOf: (release) => ({ path: `${release}.wasm` }) })
    return {
      gateway,
      document: value && {
        resources: value.resources.map(({ type, message }) =>
          Object.assign({ '@type': `type.googleapis.com/${type}` }, message),
        ),
      },
      problems,
    }
  })
}

/** By the name that services have in a cluster of Kubernetes; elsewhere whoever runs the gateway writes addresses. */
function serviceName(cluster: string) {
  const [namespace, name, port] = cluster.split('/')
  return [{ address: `${name}.${namespace}.svc`, port: Number(port) }]
}
