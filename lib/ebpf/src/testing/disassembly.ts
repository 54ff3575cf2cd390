import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** One line of a disassembler. */
export interface Disassembled {
  readonly address: number
  readonly text: string
}

/** A section of code with what a disassembler makes of it. */
export interface DisassembledCode {
  readonly address: number
  readonly code: Uint8Array
  readonly lines: readonly Disassembled[]
}

const OUTPUT_BYTES_MAX = 1 << 29

/** The `.text` of a file, its first `bytesMax` at most, by binutils' `objdump -d`. */
export function objdumpText(path: string, bytesMax: number): DisassembledCode {
  const sections = execFileSync('readelf', ['-SW', path], { encoding: 'utf8' })
  const [, address, offset, size] = /\]\s+\.text\s+PROGBITS\s+(\w+)\s+(\w+)\s+(\w+)/
    .exec(sections)!
    .map((hex) => Number.parseInt(hex, 16))
  const byteLength = Math.min(size!, bytesMax)
  const range = ['-j', '.text', `--stop-address=${address! + byteLength}`]
  const args = ['-d', '-z', '-w', '--no-show-raw-insn', ...range, path]
  const output = execFileSync('objdump', args, { encoding: 'latin1', maxBuffer: OUTPUT_BYTES_MAX })
  const lines = Array.from(output.matchAll(/^\s*([0-9a-f]+):\t(.*?)\s*$/gm), ([, at, text]) => ({
    address: Number.parseInt(at!, 16),
    text: text!,
  }))
  return { address: address!, code: readFileSync(path).subarray(offset, offset! + byteLength), lines }
}

/** A function of a Go program by `go tool objdump`. */
export interface GoFunction {
  readonly name: string
  readonly code: Uint8Array
  /** Addresses count from the function's beginning. */
  readonly lines: readonly Disassembled[]
}

/** All functions of a Go program. `wordBytes`: the code is written as words of that size, highest byte first. */
export function goObjdump(path: string, wordBytes: 1 | 4): GoFunction[] {
  const output = execFileSync('go', ['tool', 'objdump', path], {
    encoding: 'latin1',
    maxBuffer: OUTPUT_BYTES_MAX,
  })
  return output
    .split(/^TEXT /m)
    .slice(1)
    .map((text) => {
      const rows = [...text.matchAll(/^\s+\S+\s+0x(\w+)\s+([0-9a-f]+)\s+(.*?)\s*$/gm)]
      const begin = Number.parseInt(rows[0]?.[1] ?? '0', 16)
      const bytes = rows.map(([, , hex]) => {
        const code = Buffer.from(hex!, 'hex')
        return wordBytes === 4 ? code.reverse() : code
      })
      return {
        name: text.slice(0, text.indexOf('(SB)')),
        code: new Uint8Array(Buffer.concat(bytes)),
        lines: rows.map(([, at, , line]) => ({ address: Number.parseInt(at!, 16) - begin, text: line! })),
      }
    })
    .filter(({ lines }) => lines.length > 0)
}
