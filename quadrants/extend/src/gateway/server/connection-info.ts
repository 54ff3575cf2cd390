import type { ConnectionInfo } from '../../filters/stream/stream-info.ts'
import { addressText } from '../transport/address-text.ts'
import type { Connection } from '../transport/transport.ts'

/** What filters and the access log may know of a client's connection. After the handshake, where there is one. */
export function connectionInfo(connection: Connection): ConnectionInfo {
  const { id, localAddress, localPort, remoteAddress, remotePort, tls } = connection
  const info: ConnectionInfo = {
    id,
    sourceAddress: addressText(remoteAddress, remotePort),
    sourcePort: remotePort,
    destinationAddress: addressText(localAddress, localPort),
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
