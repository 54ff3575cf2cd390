import fc from 'fast-check'
import { EPOCH } from './batch.ts'
import { windowOf } from './runtime-batch.ts'

type WindowInit = ReturnType<typeof windowOf>

const NAMES = ['main.main', 'main.work', 'runtime.mallocgc', 'net/http.serve', 'x']

/** Windows of two processes with random stacks of few functions, at random rates. */
export const randomWindow: fc.Arbitrary<WindowInit> = fc
  .record({
    second: fc.nat(20),
    frequencyHz: fc.constantFrom(19, 49, 99),
    names: fc.shuffledSubarray(NAMES, { minLength: 2 }),
    nodes: fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 1, maxLength: 12 }),
    samples: fc.array(
      fc.record({
        process: fc.nat(1),
        node: fc.nat(),
        count: fc.integer({ min: 1, max: 9 }),
        kind: fc.nat(2),
        broken: fc.nat(1),
      }),
      {
        maxLength: 12,
      },
    ),
  })
  .map(({ second, frequencyHz, names, nodes, samples }) => {
    const startNs = (EPOCH + second) * 1e9
    return windowOf(second, {
      startNs,
      endNs: startNs + 1e9,
      frequencyHz,
      strings: ['', ...names],
      frames: names.map((_, i) => ({ function: i + 1, kind: 1 as const })),
      nodeFrame: nodes.map(([frame]) => frame % names.length),
      nodeParent: nodes.map(([, parent], i) => parent % (i + 1)),
      sampleProcess: samples.map(({ process }) => process),
      sampleNode: samples.map(({ node }) => node % (nodes.length + 1)),
      sampleCount: samples.map(({ count }) => count),
      sampleKind: samples.map(({ kind }) => kind),
      sampleOffsetUs: samples.map(() => 500_000),
      sampleBroken: samples.map(({ broken }) => broken),
    })
  })
