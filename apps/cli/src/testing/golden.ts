import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

/** Compares with a file in this folder's golden/; writes it where it is not there yet, for a person to read. */
export function assertGolden(name: string, text: string): void {
  const file = new URL(`./golden/${name}`, import.meta.url)
  if (!existsSync(file)) {
    writeFileSync(file, text)
    assert.fail(`golden/${name} was written: read it, then run again`)
  }
  assert.equal(
    text,
    readFileSync(file, 'utf8'),
    `differs from golden/${name}; remove it to have it written anew`,
  )
}
