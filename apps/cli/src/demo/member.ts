import type { ServerUser } from '../up/server-user.ts'
import type { ShopAddresses } from './addresses.ts'

/** What each service of the shop begins with: where the others are. It drops root, and ends when `up` does. */
export function joinShop(): ShopAddresses {
  const { addresses, user } = JSON.parse(process.env['QUADRANT_SHOP'] ?? '{}') as {
    addresses: ShopAddresses
    user?: ServerUser
  }
  if (user) {
    // Here and not at the start of the process: another user might not be able to read this tree.
    process.setgroups?.([user.gid])
    process.setgid?.(user.gid)
    process.setuid?.(user.uid)
  }
  process.stdin.resume()
  process.stdin.on('end', () => process.exit(0))
  process.stdin.on('error', () => process.exit(0))
  process.on('SIGTERM', () => process.exit(0))
  return addresses
}
