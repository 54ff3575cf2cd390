import type { MessageInitShape } from '@bufbuild/protobuf'
import { FrameKind, SampleKind, type ProfileWindowSchema } from '@quadrant/proto'
import { MADE_HZ } from './made-runtime.ts'

type Window = Exclude<MessageInitShape<typeof ProfileWindowSchema>, { $typeName: string }>

/** One second of samples of so many different stacks, for measuring: each node of the tree has one. */
export function madeManyStacks(second: number, nodes: number, functions = 4000): Window {
  let state = 12_345
  const random = (limit: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return (state >>> 8) % limit
  }
  const strings = ['']
  for (let i = 0; i < functions; i++)
    strings.push(`example.com/team${i % 12}/part${i % 60}.(*Type${i % 300}).Method${i}`)
  for (let i = 0; i < 12; i++) strings.push(`example.com/team${i}@v1.${i}.0`)
  const depth = [0]
  const nodeParent: number[] = []
  for (let i = 0; i < nodes; i++) {
    // Most nodes hang near the one before, as in stacks; none deeper than 60.
    const near = i === 0 ? 0 : Math.max(0, i - random(random(20) === 0 ? i : 12))
    const parent = depth[near]! < 60 ? near : random(Math.min(i, 50))
    nodeParent.push(parent)
    depth.push(depth[parent]! + 1)
  }
  const column = (value: (i: number) => number) => Array.from({ length: nodes }, (_, i) => value(i))
  return {
    startNs: second * 1e9,
    endNs: (second + 1) * 1e9,
    frequencyHz: MADE_HZ,
    strings,
    frames: Array.from({ length: functions }, (_, i) => ({
      function: i + 1,
      line: 1 + (i % 90),
      module: functions + 1 + (i % 12),
      kind: FrameKind.GO,
      inlined: i % 9 === 0,
    })),
    nodeFrame: column(() => random(functions)),
    nodeParent,
    sampleProcess: column(() => 0),
    sampleNode: column((i) => i + 1),
    sampleCount: column(() => 1 + random(9)),
    sampleKind: column(() => SampleKind.UNSPECIFIED),
    sampleOffsetUs: column(() => 500_000),
    sampleBroken: column(() => 0),
  }
}
