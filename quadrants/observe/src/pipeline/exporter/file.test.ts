import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeJson } from '../json/decode-json.ts'
import { Ledger } from '../ledger.ts'
import { Parcel } from '../parcel.ts'
import { madeSpans, spanNames } from '../testing/made-spans.ts'
import { MemoryDirectory } from '../testing/memory-directory.ts'
import { fileExporter } from './file.ts'

function exporter(fileBytesMax: number, backupsMax: number) {
  const directory = new MemoryDirectory()
  const ledger = new Ledger().stage('file')
  const problems: string[] = []
  const made = fileExporter({
    directory,
    name: 'out',
    fileBytesMax,
    backupsMax,
    ledger,
    onProblem: (message) => void problems.push(message),
  })
  return { directory, ledger, problems, made }
}

const spans = (name: string) => Parcel.ofContent({ signal: 'traces', message: madeSpans(2, name) })

function names(file: Uint8Array | undefined): string[] {
  return Buffer.from(file ?? [])
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const content = decodeJson('traces', line)
      return content.signal === 'traces' ? spanNames(content.message) : []
    })
}

test('a line a request; files are put aside, and the oldest goes', () => {
  const { made, directory } = exporter(2000, 2)
  for (let i = 0; i < 8; i++) made.consume(spans(`n${i}`))
  made[Symbol.dispose]()
  assert.deepEqual([...directory.files.keys()].sort(), ['out', 'out.1', 'out.2'])
  for (const file of directory.files.values()) assert.ok(file.length <= 2000)
  const last = ['out.2', 'out.1', 'out'].flatMap((name) => names(directory.files.get(name)))
  assert.equal(last.at(-1), 'n7-1')
  assert.deepEqual(
    last,
    Array.from({ length: last.length / 2 }, (_, i) => 8 - last.length / 2 + i).flatMap((i) => [
      `n${i}-0`,
      `n${i}-1`,
    ]),
  )
})

test('a full disk is counted, and leaves whole lines', () => {
  const { made, directory, ledger, problems } = exporter(1e6, 1)
  made.consume(spans('a'))
  directory.bytesMax = directory.files.get('out')!.length + 10
  made.consume(spans('b'))
  directory.bytesMax = 1e6
  made.consume(spans('c'))
  assert.deepEqual(names(directory.files.get('out')), ['a-0', 'a-1', 'c-0', 'c-1'])
  const { seen, kept, dropped } = ledger.counts()
  assert.deepEqual(
    { seen, kept, dropped },
    { seen: 6, kept: 4, dropped: [{ reason: 'file-error', count: 2 }] },
  )
  assert.equal(problems.length, 1)
})
