import { earlier } from '../app/compared-map.ts'
import {
  diffTree,
  isFound,
  sandwich,
  scene,
  selectedRow,
  shownTree,
  timeOrder,
  tree,
} from '../app/flame-model.ts'
import { profile } from '../app/profile-data.ts'
import { showFlame } from '../app/flame-view.ts'
import { go, view } from '../app/view.ts'
import { clockTime } from '../model/clock-text.ts'
import type { FlameScene } from '../model/flame-scene.ts'
import { timeAt } from '../model/time-order.ts'
import { FlameCanvas } from './flame-canvas.tsx'
import { FlameDetail } from './flame-detail.tsx'
import { shareAxis, type Axis } from './flame-painter.ts'
import { FunctionTable } from './function-table.tsx'
import { ModuleLegend } from './module-legend.tsx'
import { ProfileEmpty } from './profile-empty.tsx'

/** The profile as the address wants it: one of the four pictures, or the table. */
export function FlameSection() {
  const whole = tree.value
  const answer = profile.value
  if (!whole || !answer || whole.weight === 0)
    return <ProfileEmpty isLoading={!answer} hasSamples={(answer?.response.samples ?? 0) > 0} />
  const { flame, table } = view.value
  return (
    <>
      {table && shownTree.value ? (
        <FunctionTable tree={shownTree.value} isFound={isFound.value} />
      ) : flame === 'sandwich' ? (
        <SandwichView />
      ) : flame === 'diff' && !diffTree.value ? (
        <NothingToCompare />
      ) : (
        <OnePicture />
      )}
      <FlameDetail
        selected={selectedRow.value}
        weight={whole.weight}
        frequencyHz={answer.stacks.frequencyHz}
      />
      <ModuleLegend />
    </>
  )
}

const LABELS = {
  time: 'Flame graph in the order of time',
  left: 'Flame graph, heaviest first',
  sandwich: 'Flame graph',
  diff: 'Flame graph, A against B',
} as const

function selectFunction(of: FlameScene): (func: number) => void {
  return (func) => go({ item: of.functions[func]!.name }, { replace: true })
}

function OnePicture() {
  const drawn = scene.value
  if (!drawn) return null
  const { flame, item } = view.value
  const order = timeOrder.value
  const axis: Axis = order
    ? {
        words: (at) => {
          const ms = timeAt(order, at)
          return ms === undefined ? '' : clockTime(ms)
        },
      }
    : shareAxis(drawn.layout.width)
  return (
    <FlameCanvas
      label={LABELS[flame]}
      scene={drawn}
      selected={indexOf(drawn, item)}
      axis={axis}
      onSelect={selectFunction(drawn)}
    />
  )
}

function SandwichView() {
  const both = sandwich.value
  if (!both)
    return (
      <>
        <p class="panel-note">
          Which function? Choose one: its callers will stand above it, its callees below.
        </p>
        <FunctionTable tree={tree.value!} isFound={isFound.value} label="Functions to choose from" />
      </>
    )
  const { name } = both.row.source
  const parts = [
    { title: `Callers of ${name}`, drawn: both.callers, isFlipped: true },
    { title: `Callees of ${name}`, drawn: both.callees, isFlipped: false },
  ]
  return (
    <div class="sandwich">
      {parts.map(({ title, drawn, isFlipped }) => (
        <section key={title} aria-label={title}>
          <h2 class="clip" title={title}>
            {title}
          </h2>
          <FlameCanvas
            label={title}
            scene={drawn}
            selected={both.row.index}
            isFlipped={isFlipped}
            {...(isFlipped ? {} : { axis: shareAxis(drawn.weight) })}
            onSelect={selectFunction(drawn)}
          />
        </section>
      ))}
    </div>
  )
}

function indexOf({ functions }: FlameScene, name: string): number {
  return name === '' ? -1 : functions.findIndex((source) => source.name === name)
}

function NothingToCompare() {
  return (
    <div class="empty" role="status">
      {earlier.value ? (
        <p>Waiting for B…</p>
      ) : (
        <>
          <h2>Nothing to compare with</h2>
          <p>A is the range that is selected; B is a range before it, to be moved on the time bar.</p>
          <button class="button" onClick={() => showFlame('diff')}>
            Compare with the time before
          </button>
        </>
      )}
    </div>
  )
}
