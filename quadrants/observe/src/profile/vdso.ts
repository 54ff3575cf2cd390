import { closeSync, openSync, readSync } from 'node:fs'
import { addressOf, bytesSource, elfFunctionAt, openElf, readElfFunctions } from '@quadrant/golang'
import { FRAME_KIND } from './kinds.ts'
import { type Location, plainLocation } from './location.ts'
import { parseProcessMaps } from './process-maps.ts'
import { readBounded } from './read-bounded.ts'
import { UNKNOWN_FUNCTION } from './source-frame.ts'

const NAME = '[vdso]'
const MAPS_BYTES_MAX = 16 << 20
/** It has two pages. */
const VDSO_BYTES_MAX = 1 << 20

/** Tells the functions of the code that the kernel maps into each process, by our own copy of it. */
export function openVdso(procRoot: string): (offset: number) => Location {
  const nameAt = readVdso(procRoot)
  return (offset) => {
    const name = nameAt?.(offset)
    return plainLocation({
      function: name ?? UNKNOWN_FUNCTION,
      file: '',
      line: 0,
      module: NAME,
      kind: name === undefined ? FRAME_KIND.unknown : FRAME_KIND.native,
    })
  }
}

function readVdso(procRoot: string): ((offset: number) => string | undefined) | undefined {
  const maps = readBounded(`${procRoot}/self/maps`, MAPS_BYTES_MAX)
  const mapping = parseProcessMaps(new TextDecoder().decode(maps)).value.find(({ path }) => path === NAME)
  if (mapping === undefined || mapping.end - mapping.start > VDSO_BYTES_MAX) return undefined
  const bytes = new Uint8Array(mapping.end - mapping.start)
  try {
    const fd = openSync(`${procRoot}/self/mem`, 'r')
    try {
      readSync(fd, bytes, 0, bytes.length, mapping.start)
    } finally {
      closeSync(fd)
    }
    const image = openElf(bytesSource(bytes))
    const functions = readElfFunctions(image)
    return (offset) => elfFunctionAt(functions, addressOf(image, offset) ?? -1)?.name
  } catch {
    // A process that may not read its own memory; or no such code on this architecture.
    return undefined
  }
}
