import type { ConnectionInfo } from '../../filters/stream/stream-info.ts'
import type { Connection } from '../transport/transport.ts'

/** What filters and the access log may know of a client's connection. After the handshake, where there is one. */
export function connectionInfo(connection: Connection): ConnectionInfo {
  const { id, localAddress, localPort, remoteAddress, remotePort, tls } = connection
  const info: ConnectionInfo = {
    id,
    sourceAddress: authority(remoteAddress, remotePort),
    sourcePort: remotePort,
    destinationAddress: authority(localAddress, localPort),
    destinationPort: localPort,
  }
  if (tls === undefined) return info
  const { version, serverName, isPeerVerified, peer, localSubject } = tls
  return {
    ...info,
    tls: {
      version,
      serverName,
      isMutual: isPeerVerified,
      peerSubject: peer?.subject,
      peerUriSan: peer?.uriSan,
      peerDnsSan: peer?.dnsSan,
      peerFingerprintSha256: peer?.fingerprintSha256,
      localSubject,
    },
  }
}

/** IPv4 in IPv6 is written as what it is. */
function authority(address: string, port: number): string {
  const bare = address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
  return bare.includes(':') ? `[${bare}]:${port}` : `${bare}:${port}`
}
