import type { Server } from 'node:net'
import type { ListenAddress } from './grants.ts'
import { listen } from './listen.ts'

/** What a guest that has a thread of its own accepts connections of; it is made there. */
export default async function openListener(address: ListenAddress): Promise<Server> {
  return (await listen(address)).server
}
