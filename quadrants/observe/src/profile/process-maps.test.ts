import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { mappingAt, parseProcessMaps } from './process-maps.ts'

test('our own mappings: code and files as the kernel lists them in map_files', () => {
  const text = readFileSync('/proc/self/maps', 'utf8')
  const { value, diagnostics } = parseProcessMaps(text)
  assert.deepEqual(diagnostics, [])
  const ranges = new Set(readdirSync('/proc/self/map_files'))
  const ofFiles = value.filter(({ inode, path }) => inode !== 0 && path.startsWith('/'))
  assert.ok(ofFiles.length >= 2)
  for (const { start, end } of ofFiles) assert.ok(ranges.has(`${start.toString(16)}-${end.toString(16)}`))
  assert.ok(value.some(({ path }) => path === '[vdso]'))
  assert.equal(value.length, text.match(/^\S+ ..x./gm)!.length - Number(text.includes('[vsyscall]')))
  for (const mapping of value) {
    assert.equal(mappingAt(value, mapping.start), mapping)
    assert.equal(mappingAt(value, mapping.end - 1), mapping)
    assert.notEqual(mappingAt(value, mapping.end), mapping)
  }
})

const check = (line: string, expected: unknown) =>
  test(`line ${JSON.stringify(line)}`, () => {
    const { value, diagnostics } = parseProcessMaps(`${line}\n`)
    assert.deepEqual(diagnostics.length > 0 ? diagnostics[0]!.code : (value[0] ?? 'not code'), expected)
  })

const mapping = (start: number, end: number, rest: object) => ({
  start,
  end,
  fileOffset: 0,
  device: '00:00',
  inode: 0,
  path: '',
  ...rest,
})
check(
  '00400000-00401000 r-xp 00001000 fd:01 42                                 /usr/bin/a b (deleted)',
  mapping(0x400000, 0x401000, {
    fileOffset: 0x1000,
    device: 'fd:01',
    inode: 42,
    path: '/usr/bin/a b (deleted)',
  }),
)
check('7f00-7f01 rwxp 00000000 00:00 0 ', mapping(0x7f00, 0x7f01, {}))
check('7f00-7f01 rwxp 00000000 00:00 0', mapping(0x7f00, 0x7f01, {}))
check(
  '1-2 --xp 00000000 00:05 7    /a\\012b\\\\',
  mapping(1, 2, { device: '00:05', inode: 7, path: '/a\nb\\\\' }),
)
check('00400000-00401000 rw-p 00000000 fd:01 42 /usr/bin/a', 'not code')
check('ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]', 'not code')
check('00401000-00400000 r-xp 00000000 00:00 0', 'PROM001')
check('00400000 r-xp 00000000 00:00 0', 'PROM001')
check('no line at all', 'PROM001')

test('no more mappings than the limit', () => {
  const text = Array.from(
    { length: 9000 },
    (_, i) => `${(i * 16).toString(16)}-${(i * 16 + 8).toString(16)} r-xp 0 0:0 0\n`,
  )
  const { value, diagnostics } = parseProcessMaps(text.join(''))
  assert.equal(value.length, 8192)
  assert.equal(diagnostics[0]!.code, 'PROM002')
})

test('any text: mappings are sorted and sound, complaints are few', () => {
  const digit = fc.constantFrom(...'0123456789abcdef')
  const hex = fc.string({ unit: digit, minLength: 0, maxLength: 18 })
  const line = fc
    .tuple(
      hex,
      hex,
      fc.constantFrom('r-xp', '--xs', 'rw-p', 'x'),
      hex,
      fc.constantFrom('fd:01', ':', '0:0'),
      fc.nat(),
      fc.string(),
    )
    .map(
      ([start, end, flags, offset, device, inode, path]) =>
        `${start}-${end} ${flags} ${offset} ${device} ${inode} ${path}`,
    )
  fc.assert(
    fc.property(
      fc.array(fc.oneof(line, fc.string())),
      fc.constantFrom('\n', '\r\n', '\0'),
      (lines, separator) => {
        const { value, diagnostics } = parseProcessMaps(lines.join(separator))
        assert.ok(diagnostics.length <= 8)
        for (const [index, { start, end, fileOffset }] of value.entries()) {
          assert.ok(start <= end && Number.isSafeInteger(end) && fileOffset >= 0)
          assert.ok(index === 0 || value[index - 1]!.start <= start)
        }
      },
    ),
    { seed: 4, numRuns: 500 },
  )
})
