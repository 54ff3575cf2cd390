import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import type { CertificateFiles, TestAuthority } from './certificates.ts'

/** An upstream of HTTPS whose clients need certificates of the authority. @returns its port */
export async function mutualTlsUpstream(
  t: TestContext,
  authority: TestAuthority,
  { cert, key }: CertificateFiles,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<number> {
  const server = createServer(
    {
      cert: readFileSync(cert),
      key: readFileSync(key),
      ca: readFileSync(authority.ca),
      requestCert: true,
      rejectUnauthorized: true,
    },
    answer,
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}
