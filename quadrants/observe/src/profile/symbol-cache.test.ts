import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { appendFileSync, copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import type { FileSymbols } from './file-symbols.ts'
import type { MappedFile } from './mapped-file.ts'
import { SymbolCache } from './symbol-cache.ts'
import { NEEDS_CLANG } from './testing/hot-programs.ts'

const folder = mkdtempSync(join(tmpdir(), 'quadrant-symbol-cache-'))
after(() => rmSync(folder, { recursive: true }))

/** A program with one function, and with the build id that it gives itself. */
function compile(name: string, functionName: string): string {
  const path = join(folder, name)
  const flags = ['-nostdlib', '-static', `-Wl,-e,${functionName}`, '-Wl,--build-id=0x5eed5eed5eed5eed']
  execFileSync('clang', [...flags, '-o', path, '-x', 'c', '-'], {
    input: `void ${functionName}(void) { for (;;); }\n`,
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  return path
}

function mapped(path: string): MappedFile {
  const { dev, ino, size, mtimeMs, ctimeMs } = statSync(path)
  return { path, identity: `${dev}:${ino}:${size}:${mtimeMs}:${ctimeMs}` }
}

/** The functions that it knows, wherever they are in the file. */
function functionsOf(symbols: FileSymbols | undefined): readonly string[] {
  assert.ok(symbols)
  const names = new Set<string>()
  for (let offset = 0; offset < symbols.fileBytes; offset++)
    names.add(symbols.locationAt(offset).frames[0]!.function)
  return [...names].filter((name) => name.startsWith('do'))
}

describe('symbols of copies', NEEDS_CLANG, () => {
  const honest = NEEDS_CLANG.skip ? '' : compile('honest', 'doPay')
  const forged = NEEDS_CLANG.skip ? '' : compile('forged', 'doNap')

  test('a program with the build id and size of another does not name its functions', () => {
    assert.equal(statSync(honest).size, statSync(forged).size)
    using cache = new SymbolCache()
    const [first, second] = [cache.symbolsOf(mapped(forged), 'a'), cache.symbolsOf(mapped(honest), 'b')]
    assert.ok(first?.buildId !== undefined && first.buildId === second?.buildId)
    assert.deepEqual(functionsOf(first), ['doNap'])
    assert.deepEqual(functionsOf(second), ['doPay'])
    assert.equal(cache.fileCount, 2)
    assert.deepEqual(functionsOf(cache.symbolsOf(mapped(honest), 'b')), ['doPay'])
  })

  test('copies share their symbols, until the one that was read is written anew', () => {
    using cache = new SymbolCache()
    const [copy, other] = [join(folder, 'copy'), join(folder, 'other')]
    copyFileSync(honest, copy)
    copyFileSync(honest, other)
    const symbols = cache.symbolsOf(mapped(copy), 'copy')
    assert.equal(cache.symbolsOf(mapped(other), 'other'), symbols)
    assert.equal(cache.fileCount, 1)
    copyFileSync(forged, copy)
    assert.deepEqual(functionsOf(cache.symbolsOf(mapped(other), 'other')), ['doPay'])
    assert.deepEqual(functionsOf(cache.symbolsOf(mapped(copy), 'copy')), ['doNap'])
  })

  test('what is over the limit goes, the least recently used first', () => {
    using cache = new SymbolCache({ filesMax: 2 })
    const paths = ['a', 'bb', 'ccc'].map((end) => {
      const path = join(folder, end)
      copyFileSync(honest, path)
      appendFileSync(path, end)
      return path
    })
    for (const path of paths) cache.symbolsOf(mapped(path), 'one of many')
    assert.equal(cache.fileCount, 2)
    assert.deepEqual(functionsOf(cache.symbolsOf(mapped(paths[0]!), 'the first')), ['doPay'])
    assert.equal(cache.fileCount, 2)
  })
})
