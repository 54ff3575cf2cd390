import type { Socket } from 'node:net'
import type { GuestNetwork } from './guest-network.ts'

/** How long one address has before the next one is tried beside it (RFC 8305, 5). */
const ATTEMPT_MS = 250

/**
 * Connects to the first of several addresses that answers; the others are given up. Rejects with the first error when
 * none does, or when the signal is aborted.
 */
export function connectFirst(
  network: GuestNetwork,
  addresses: readonly string[],
  port: number,
  signal: AbortSignal,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const open = new Set<Socket>()
    const rest = [...addresses]
    let timer: NodeJS.Timeout | undefined
    let firstError: Error | undefined
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      for (const socket of open) socket.destroy()
    }
    const abort = () => {
      rest.length = 0
      end()
      reject(signal.reason as Error)
    }
    const tryNext = () => {
      clearTimeout(timer)
      const address = rest.shift()
      if (address === undefined) {
        if (open.size > 0) return
        end()
        reject(firstError ?? new Error('there is no address'))
        return
      }
      const socket = network.connect(address, port)
      open.add(socket)
      socket.on('error', (error) => {
        // One that is connected has others who listen.
        if (!open.delete(socket)) return
        firstError ??= error
        tryNext()
      })
      socket.once('connect', () => {
        open.delete(socket)
        rest.length = 0
        end()
        resolve(socket)
      })
      if (rest.length > 0) timer = setTimeout(tryNext, ATTEMPT_MS)
    }
    signal.addEventListener('abort', abort)
    if (signal.aborted) abort()
    else tryNext()
  })
}
