import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { CheckStatus, HostCapabilitiesSchema } from '@quadrant/proto'
import { paint } from '../output/paint.ts'
import { assertGolden } from '../testing/golden.ts'
import { doctorText } from './doctor-text.ts'

test('checks by category, with cost and fix where something is to be done', () => {
  const report = create(HostCapabilitiesSchema, {
    kernel: '6.18.1',
    architecture: 'x86_64',
    root: true,
    checks: [
      {
        id: 'server.store',
        category: 'server',
        title: 'the store can be written',
        status: CheckStatus.OK,
        detail: 'one row',
      },
      {
        id: 'kernel.tp_btf',
        category: 'kernel',
        title: 'BTF tracepoints',
        status: CheckStatus.OK,
        costIfMissing: 'all',
      },
      {
        id: 'kernel.fentry',
        category: 'kernel',
        title: 'fentry',
        status: CheckStatus.WARNING,
        detail: 'EPERM',
        costIfMissing: 'message mode costs more',
        fix: 'none needed',
      },
      {
        id: 'privilege.bpf',
        category: 'privilege',
        title: 'may load',
        status: CheckStatus.FATAL,
        detail: 'not granted',
        costIfMissing: 'no eBPF',
        fix: 'run with sudo',
      },
      {
        id: 'host.btf',
        category: 'host',
        title: 'BTF',
        status: CheckStatus.SKIPPED,
        detail: 'evil\u001b[2J',
      },
      { id: 'new.one', category: 'new', title: 'of a later version', status: CheckStatus.OK },
    ],
  })
  const category = '\u001b[2J'
  const odd = { ...report, checks: [{ ...report.checks[0]!, category }] }
  assert.ok(!doctorText(odd, paint(false)).includes(category))
  assertGolden('doctor.txt', doctorText(report, paint(false)))
  assertGolden('doctor-colour.txt', doctorText(report, paint(true)))
})
