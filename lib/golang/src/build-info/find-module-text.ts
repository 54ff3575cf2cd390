import type { Analysis } from '@quadrant/core'
import type { BuildInfo } from './build-info.ts'
import { parseModuleText } from './parse-module-text.ts'

/** 16 bytes before and behind the module text (cmd/go/internal/modload, infoStart and infoEnd). */
const FRAME_START = Buffer.from('3077af0c9274080241e1c107e6d618e6', 'hex')
const FRAME_END = Buffer.from('f932433186182072008242104116d8f2', 'hex')
/** The module text of the largest program we know has 60 KB. */
const TEXT_BYTES_MAX = 8 << 20

/**
 * The module text that the Go command left somewhere in these bytes, for files that are no ELF, such as WebAssembly
 * modules. `value` is undefined where there is none.
 */
export function findModuleText(bytes: Uint8Array): Analysis<Omit<BuildInfo, 'goVersion'> | undefined> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // The frame alone is in each Go program that reads its own build information.
  for (
    let start = buffer.indexOf(FRAME_START);
    start !== -1;
    start = buffer.indexOf(FRAME_START, start + 1)
  ) {
    const textStart = start + FRAME_START.length
    const end = buffer.subarray(0, textStart + TEXT_BYTES_MAX).indexOf(FRAME_END, textStart)
    const text = end === -1 ? '' : buffer.toString('utf8', textStart, end)
    if (text.startsWith('path\t')) return parseModuleText(text)
  }
  return { value: undefined, diagnostics: [] }
}
