import { computed } from '@preact/signals'
import type { CallTree } from '../model/call-tree.ts'
import { finder } from '../model/find-words.ts'
import { layoutLeftHeavy } from '../model/flame-layout.ts'
import { flameScene } from '../model/flame-scene.ts'
import { functionTable, weightUnder } from '../model/function-table.ts'
import { mergeStacks, type MergeOptions } from '../model/merged-stacks.ts'
import { moduleShares } from '../model/module-shares.ts'
import { diffTrees } from '../model/profile-diff.ts'
import { sandwichOf } from '../model/sandwich.ts'
import { layoutTimeOrder } from '../model/time-order.ts'
import { earlierProfile, profile, type AnsweredProfile } from './profile-data.ts'
import { processNames, subject } from './subjects.ts'
import { view } from './view.ts'

const flame = computed(() => view.value.flame)
const kinds = computed(() => view.value.kinds)
const item = computed(() => view.value.item)

/** How the search of the page finds; undefined while nothing is searched for. */
export const isFound = computed(() => finder(view.value.find))

/** Of everyone the processes are told apart; of one service they are one. */
function nameIn(answer: AnsweredProfile): MergeOptions['processName'] {
  if (subject.value !== '') return undefined
  const name = processNames.value
  return (process) => name(answer.response.processes[process] ?? '')
}

function merge(answer: AnsweredProfile | undefined): CallTree | undefined {
  return answer && mergeStacks(answer.stacks, { kinds: kinds.value, processName: nameIn(answer) })
}

/** All samples of A that count, in one tree. */
export const tree = computed(() => merge(profile.value))
const earlierTree = computed(() => merge(earlierProfile.value))

/** A against B; undefined while one of them is not there. */
export const diffTree = computed(() =>
  flame.value === 'diff' && tree.value && earlierTree.value
    ? diffTrees(tree.value, earlierTree.value)
    : undefined,
)

/** What the table twin and the legend are about. */
export const shownTree = computed(() => diffTree.value ?? tree.value)

export const timeOrder = computed(() =>
  flame.value === 'time' && profile.value
    ? layoutTimeOrder(profile.value.stacks, { kinds: kinds.value, processName: nameIn(profile.value) })
    : undefined,
)

const frequencyHz = computed(() => profile.value?.stacks.frequencyHz ?? 0)
const treeLayout = computed(() => (shownTree.value ? layoutLeftHeavy(shownTree.value) : undefined))

/** What is painted in all views but the sandwich. */
export const scene = computed(() => {
  const hz = frequencyHz.value
  if (flame.value === 'time') {
    const order = timeOrder.value
    if (!order) return undefined
    const { layout, functions } = order
    return flameScene({ layout, functions, weight: layout.width, frequencyHz: hz }, isFound.value)
  }
  const [drawn, layout] = [shownTree.value, treeLayout.value]
  if (!drawn || !layout) return undefined
  return flameScene({ ...drawn, layout, frequencyHz: hz }, isFound.value)
})

/** The selected function over all its places. */
export const selectedRow = computed(() =>
  item.value === '' || !tree.value
    ? undefined
    : functionTable(tree.value).find(({ source }) => source.name === item.value),
)

/** The selected function between its callers and its callees. */
export const sandwich = computed(() => {
  const [whole, row] = [tree.value, selectedRow.value]
  if (flame.value !== 'sandwich' || !whole || !row) return undefined
  const { callers, callees } = sandwichOf(whole, row.index)
  const source = { weight: whole.weight, frequencyHz: frequencyHz.value }
  const scenes = [callers, callees].map((each) =>
    flameScene({ ...each, ...source, layout: layoutLeftHeavy(each) }, isFound.value),
  )
  return { row, callers: scenes[0]!, callees: scenes[1]! }
})

export const modules = computed(() => (tree.value ? moduleShares(tree.value) : []))

/** Share of the samples in or under what is searched for; undefined while nothing is. */
export const foundShare = computed(() => {
  const [found, whole] = [isFound.value, tree.value]
  if (!found || !whole || whole.weight === 0) return undefined
  const marked = Uint8Array.from(whole.functions, ({ name, file, module }) =>
    found(`${name} ${file} ${module}`) ? 1 : 0,
  )
  return weightUnder(whole, marked) / whole.weight
})
