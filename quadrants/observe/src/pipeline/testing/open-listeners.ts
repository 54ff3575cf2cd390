import { Server, ServerCredentials } from '@grpc/grpc-js'
import { createServer, type Server as HttpServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { PipelineListener } from '../run/pipeline-host.ts'

/** Opens plain listeners as an app does, on free ports of loopback. */
export async function openListeners(listeners: readonly PipelineListener[]) {
  const addresses = new Map<string, string>()
  const servers: (HttpServer | Server)[] = []
  for (const listener of listeners) {
    const name = `${listener.component}/${listener.kind}`
    if (listener.kind === 'grpc') {
      const server = new Server()
      listener.addServices(server)
      const { promise, resolve, reject } = Promise.withResolvers<number>()
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      )
      addresses.set(name, `127.0.0.1:${await promise}`)
      servers.push(server)
    } else {
      const server = createServer((request, response) => void listener.handler(request, response))
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      addresses.set(name, `127.0.0.1:${(server.address() as AddressInfo).port}`)
      servers.push(server)
    }
  }
  return {
    addresses,
    [Symbol.dispose]() {
      for (const server of servers)
        if (server instanceof Server) server.forceShutdown()
        else {
          server.close()
          server.closeAllConnections()
        }
    },
  }
}
