import type { EffectivePolicies } from './effective.ts'
import type { Origin, ResourceKey } from './origin.ts'
import type { RouteIr } from './route.ts'

/** What resources mean together: every back end compiles this, and none reads documents. */
export interface Ir {
  readonly gateways: readonly GatewayIr[]
  /** Services that routes are attached to: for clients that have no gateway in between (proxyless gRPC). */
  readonly services: readonly MeshServiceIr[]
}

export interface GatewayIr {
  readonly gateway: ResourceKey
  readonly origin: Origin
  readonly listeners: readonly ListenerIr[]
  /** Everything that its routes, mirrors and policies send requests to. */
  readonly clusters: readonly ClusterIr[]
  /** What Gateway API has and nothing here serves. */
  readonly unserved: readonly UnservedIr[]
}

export interface UnservedIr {
  /** As in `nobody here …`. */
  readonly what: string
  readonly origin: Origin
  readonly fix: string
}

export interface ListenerIr {
  readonly name: string
  readonly port: number
  /** Listeners of HTTPS on one port are told apart by the name that clients ask for. */
  readonly protocol: 'HTTP' | 'HTTPS'
  /** Undefined: all. */
  readonly hostname: string | undefined
  readonly tls: ListenerTlsIr | undefined
  readonly virtualHosts: readonly VirtualHostIr[]
  readonly origin: Origin
  /** Of the gateway and the listener: for requests that no route has. */
  readonly policies: EffectivePolicies
}

export interface ListenerTlsIr {
  readonly certificates: readonly SecretIr[]
  /** Clients show a certificate that one of these has signed. */
  readonly clientValidation:
    | { readonly authorities: readonly SecretIr[]; readonly isRequired: boolean; readonly origin: Origin }
    | undefined
}

/** A Secret or a ConfigMap. */
export interface SecretIr {
  readonly secret: ResourceKey
  readonly origin: Origin
}

export interface VirtualHostIr {
  /** `shop.example`, `*.shop.example` or `*`. */
  readonly hostname: string
  /** The first that matches has the request: in the order of precedence of Gateway API. */
  readonly routes: readonly RouteIr[]
}

/** A port of a service, as one gateway asks it. */
export interface ClusterIr {
  /** `shop/cart/8080`; its endpoints are called the same. */
  readonly name: string
  readonly service: ResourceKey
  readonly port: number
  /** Of gRPC routes and of `appProtocol: kubernetes.io/h2c` it is `http2`. */
  readonly protocol: 'http1' | 'http2'
  /** Whoever refers to it first. */
  readonly origin: Origin
  /** Of the gateway, the service and the port: what holds whichever route a request came by. */
  readonly policies: EffectivePolicies
}

export interface MeshServiceIr {
  readonly service: ResourceKey
  readonly port: number
  /** Best first; none: all requests go to the service itself. */
  readonly routes: readonly RouteIr[]
  readonly clusters: readonly ClusterIr[]
  readonly origin: Origin
  /** Of the service and the port. */
  readonly policies: EffectivePolicies
}
