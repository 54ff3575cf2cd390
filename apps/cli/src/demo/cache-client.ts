import { connect, type Socket } from 'node:net'
import type { ServiceAddress } from './addresses.ts'

/** A kept connection to the cache: one line asks, one line answers, in order. */
export function cacheClient({ host, port }: ServiceAddress): (key: string) => Promise<string> {
  let socket: Socket | undefined
  let waiting: PromiseWithResolvers<string>[] = []
  let rest = ''
  const open = () => {
    const opened = connect({ host, port })
    opened.setEncoding('utf8')
    opened.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) waiting.shift()?.resolve(line)
    })
    const fail = () => {
      if (socket === opened) socket = undefined
      for (const one of waiting) one.reject(new Error('the cache went away'))
      waiting = []
    }
    opened.on('error', fail)
    opened.on('close', fail)
    return opened
  }
  return (key) => {
    socket ??= open()
    const answer = Promise.withResolvers<string>()
    waiting.push(answer)
    socket.write(`${key}\n`)
    return answer.promise
  }
}
