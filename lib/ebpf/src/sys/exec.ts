import { EbpfError } from '../error.ts'
import { cString } from './c-string.ts'
import { keepAcrossExec } from './file-descriptor.ts'
import { addressOf } from './libc.ts'
import { call } from './syscall.ts'

const POINTER_BYTES = 8

/**
 * Replaces this process by the same Node executable with `argv` (without the executable's own name). The process
 * id, standard streams, descriptors without close-on-exec and what `dropCapabilities` left stay; every other thread ends.
 * Does not return; call it from the main thread, before anything is at work.
 *
 * @throws {EbpfError} when the kernel refuses
 */
export function execSelf(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): never {
  const variables = Object.entries(env).filter((entry) => entry[1] !== undefined)
  const args = stringTable([process.execPath, ...argv])
  const environment = stringTable(variables.map(([name, value]) => `${name}=${value}`))
  // Node marks its standard streams close-on-exec when it starts; the new program needs them.
  for (const fd of [0, 1, 2]) keepAcrossExec(fd)
  call('execve', [cString(process.execPath), args, environment], `execute ${process.execPath}`)
  throw new EbpfError('system', 'execve returned without an error')
}

/** A NULL-terminated `char *[]` and behind it the strings it points to, in one piece so that one view keeps all. */
function stringTable(texts: readonly string[]): Uint8Array {
  const strings = texts.map(cString)
  const pointersBytes = (strings.length + 1) * POINTER_BYTES
  const table = new Uint8Array(strings.reduce((sum, { length }) => sum + length, pointersBytes))
  const view = new DataView(table.buffer)
  const address = addressOf(table)
  let at = pointersBytes
  strings.forEach((string, index) => {
    view.setBigUint64(index * POINTER_BYTES, BigInt(address + at), true)
    table.set(string, at)
    at += string.length
  })
  return table
}
