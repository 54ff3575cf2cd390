import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { EbpfError } from '../error.ts'
import { testSpec } from '../testing/bpf-test.ts'
import { KernelBtf } from './kernel-btf.ts'
import { Relocator } from './relocator.ts'

const skip = existsSync('/sys/kernel/btf/vmlinux') ? false : 'this kernel has no BTF'

const E2BIG = 7

/** Loads the programs as a kernel before 5.17 would: it knows nothing of relocations and says E2BIG to them. */
function loadOnOldKernel(mode: 'auto' | 'kernel'): boolean[] {
  const spec = testSpec('kernel-types.bpf.o')
  const programs = [...spec.programs.values()]
  const relocator = new Relocator(spec, programs, new KernelBtf(), mode)
  const asked: boolean[] = []
  for (const program of programs) {
    const instructions = program.instructions.slice()
    relocator.load(program, instructions, (relocateInKernel) => {
      asked.push(relocateInKernel)
      if (relocateInKernel) throw EbpfError.fromErrno(E2BIG, 'BPF_PROG_LOAD')
      assert.notDeepEqual(instructions, program.instructions)
    })
  }
  return asked
}

test('a kernel that cannot relocate is asked once, then it is done here', { skip }, () => {
  assert.deepEqual(loadOnOldKernel('auto'), [true, false, false, false])
})

test('told to let the kernel do it, nobody else does', { skip }, () => {
  assert.throws(() => loadOnOldKernel('kernel'), { code: 'limit', errnoName: 'E2BIG' })
})
