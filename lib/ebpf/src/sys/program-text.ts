import { readFileSync } from 'node:fs'
import { call } from './syscall.ts'

const MADV_DONTNEED = 4

/** `START-END PERMISSIONS OFFSET DEVICE INODE PATH` of /proc/PID/maps: code of a file, or its constants. */
const CODE = /^([0-9a-f]+)-([0-9a-f]+) r-xp \S+ \S+ \S+ +\/.*$/
const CONSTANTS = /^([0-9a-f]+)-([0-9a-f]+) r--p \S+ \S+ \S+ +\/.*$/

/** The loader has written to small read-only mappings before it made them so; constants of this size are the file's own. */
const CONSTANTS_BYTES_MIN = 4 << 20

/**
 * Gives back the pages of this process's program and libraries: those that are still used come back from the file by
 * themselves, at a microsecond for sixteen of them. What only a start needed counts as this process's memory no longer.
 */
export function releaseProgramText(): void {
  for (const line of readFileSync('/proc/self/maps', 'latin1').split('\n')) {
    const [, start, end] = CODE.exec(line) ?? CONSTANTS.exec(line) ?? []
    if (start === undefined || end === undefined) continue
    const address = Number.parseInt(start, 16)
    const byteLength = Number.parseInt(end, 16) - address
    if (line.includes(' r--p ') && byteLength < CONSTANTS_BYTES_MIN) continue
    call('madvise', [address, byteLength, MADV_DONTNEED], 'give back pages of the program')
  }
}
