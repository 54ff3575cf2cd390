// Policies for the gateway: its configuration file.
export { compileGateway, type CompileGatewayOptions, type GatewayOutput } from './gateway/compile-gateway.ts'
export type { GatewayFile } from './gateway/gateway-file.ts'
