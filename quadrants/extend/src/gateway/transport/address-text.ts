/** An address and a port as text: `127.0.0.1:80`, `[::1]:80`. IPv4 in IPv6 is written as what it is. */
export function addressText(address: string, port: number): string {
  const bare = address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
  return bare.includes(':') ? `[${bare}]:${port}` : `${bare}:${port}`
}
