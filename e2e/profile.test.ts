// A Go service with one hot function: what the product samples of it, as Go's own tool reads it.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { GoService } from './go-service.ts'
import { eventually, RunningQuadrant } from './quadrant.ts'
import { missing } from './requirements.ts'

const SPIN_MS = 8000

test(
  'go tool pprof finds the hot function in what was sampled from outside',
  { skip: missing('go') },
  async () => {
    await using service = await GoService.start({ buildFlags: ['-ldflags', '-s -w'] })
    await using product = await RunningQuadrant.start()
    await eventually(
      'the service is known',
      async () => {
        const { code } = await product.run(['gc', String(service.pid)])
        return code === 0 || undefined
      },
      60_000,
    )
    const spinning = service.ask(`/spin?ms=${SPIN_MS}`)
    const pprof = join(product.data, '..', `quadrant-e2e-${process.pid}.pb.gz`)
    const recorded = await product.run([
      'profile',
      String(service.pid),
      '--for',
      '4s',
      '--kind',
      'program',
      '-o',
      'pprof',
      '--file',
      pprof,
    ])
    assert.equal(recorded.code, 0, recorded.stderr)
    await spinning

    const top = execFileSync('go', ['tool', 'pprof', '-top', pprof], { encoding: 'utf8' })
    const hot = /(?<share>[\d.]+)%\s+\S+\s+[\d.]+%\s+main\.hotLoop/.exec(top)
    assert.ok(hot, top)
    assert.ok(Number(hot.groups!['share']) >= 95, top)

    for (const [form, sign] of [
      ['svg', '<svg'],
      ['folded', 'main.hotLoop'],
      ['speedscope', 'speedscope.app/file-format-schema.json'],
    ] as const) {
      const { code, stdout, stderr } = await product.run([
        'profile',
        String(service.pid),
        '--since',
        '1m',
        '-o',
        form,
      ])
      assert.equal(code, 0, stderr)
      assert.ok(stdout.includes(sign), form)
      assert.ok(stdout.includes('hotLoop'), form)
    }
    rmSync(pprof)
  },
)
