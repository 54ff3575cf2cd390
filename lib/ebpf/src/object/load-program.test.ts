import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EbpfError } from '../error.ts'
import { assemble, call, exit, move } from '../features/assemble.ts'
import { NEEDS_BPF } from '../testing/bpf-test.ts'
import { loadProgram } from './load-program.ts'

const NO_HELPER = 9999

test('a log of megabytes is there to its last line', NEEDS_BPF, () => {
  const moves = Array.from({ length: 60_000 }, (_, index) => move(index % 6, index))
  const spec = assemble('socket', [...moves, call(NO_HELPER), exit()])
  const { instructions } = spec
  const context = { license: 'GPL', btfFd: 0, attachBtfId: 0, instructions, relocateInKernel: false }
  assert.throws(
    () => loadProgram(spec, context),
    (error) => {
      assert.ok(error instanceof EbpfError)
      assert.equal(error.code, 'verifier')
      assert.match(error.message, /invalid func unknown#9999/)
      assert.ok(error.log!.length > 1 << 20, `${error.log!.length} bytes of log`)
      return true
    },
  )
})
