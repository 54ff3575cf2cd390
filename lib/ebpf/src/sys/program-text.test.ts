import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { releaseProgramText } from './program-text.ts'

const KIB = 1024

/** Bytes of files that are in this process's memory, as the kernel counts them. */
function fileBytes(): number {
  return Number(/^RssFile:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))![1]) * KIB
}

test(
  'pages of the program are given back, and come back where they are used',
  { skip: process.arch !== 'x64' && process.arch !== 'arm64' ? 'no system calls here' : false },
  async () => {
    const text = JSON.stringify({ when: Temporal.Instant.fromEpochMilliseconds(0).toString() })
    const before = fileBytes()
    releaseProgramText()
    const after = fileBytes()
    assert.ok(after < before - (4 << 20), `${before} bytes before, ${after} after`)
    // Code, constants and threads work as before.
    assert.equal(JSON.stringify({ when: Temporal.Instant.fromEpochMilliseconds(0).toString() }), text)
    assert.equal(new Intl.NumberFormat('de').format(1234.5), '1.234,5')
    const { gzipSync, gunzipSync } = await import('node:zlib')
    assert.equal(gunzipSync(gzipSync(text)).toString(), text)
  },
)
