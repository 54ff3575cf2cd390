import type { CallTree } from './call-tree.ts'
import type { StackProfile } from './stack-profile.ts'
import { layoutTimeOrder } from './time-order.ts'

/** Stacks as `outer;inner;innermost COUNT`, one a line: what flamegraph.pl and others read. */
export function foldedText(tree: CallTree): string {
  const names: string[] = []
  const counts = new Map<string, number>()
  for (let node = 0; node < tree.parent.length; node++) {
    // A semicolon ends a name, a line break the stack.
    const name = tree.functions[tree.func[node]!]!.name.replace(/;/g, ':').replace(/\s+/g, ' ')
    const parent = tree.parent[node]!
    names[node] = parent < 0 ? name : `${names[parent]};${name}`
    if (tree.self[node]! > 0) counts.set(names[node]!, (counts.get(names[node]!) ?? 0) + tree.self[node]!)
  }
  return [...counts]
    .map(([stack, count]) => `${stack} ${count}\n`)
    .toSorted()
    .join('')
}

/** The samples in the order of time as speedscope's own file format has them ("sampled"). */
export function speedscopeJson(profile: StackProfile, name: string): string {
  const { functions, sampleMs } = layoutTimeOrder(profile)
  const order = [...profile.sampleNode.keys()].sort(
    (a, b) =>
      profile.sampleMs[a]! - profile.sampleMs[b]! || profile.sampleProcess[a]! - profile.sampleProcess[b]!,
  )
  const seconds = profile.frequencyHz > 0 ? 1 / profile.frequencyHz : 1
  const weights = order.map((sample) => profile.sampleCount[sample]! * seconds)
  return JSON.stringify({
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    exporter: 'quadrant',
    name,
    activeProfileIndex: 0,
    shared: {
      frames: functions.map(({ name: of, file }) => (file === '' ? { name: of } : { name: of, file })),
    },
    profiles: [
      {
        type: 'sampled',
        name: sampleMs.length > 0 ? `${name}, from ${new Date(sampleMs[0]!).toISOString()}` : name,
        unit: profile.frequencyHz > 0 ? 'seconds' : 'none',
        startValue: 0,
        endValue: weights.reduce((sum, weight) => sum + weight, 0),
        samples: order.map((sample) => stackOf(profile, sample)),
        weights,
      },
    ],
  })
}

/** Functions, outermost first. */
function stackOf({ nodeParent, nodeFunction, sampleNode }: StackProfile, sample: number): number[] {
  const stack: number[] = []
  for (let node = sampleNode[sample]!; node >= 0; node = nodeParent[node]!) stack.push(nodeFunction[node]!)
  return stack.reverse()
}
