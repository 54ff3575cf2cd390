import { useEffect } from 'preact/hooks'
import { formatCount } from '@quadrant/core'
import { status } from '../app/live-data.ts'
import {
  applyEdits,
  areRequestsOff,
  discardEdits,
  editCap,
  editRules,
  isAskedForOn,
  isSamplingBusy,
  isSamplingEdited,
  isSamplingKnown,
  loadSampling,
  rulesInForce,
  samplingCap,
  samplingDrafts,
  samplingError,
  samplingProblems,
  turnAskedFor,
} from '../app/sampling.ts'
import { addDraft, ASKED_FOR, ruleIndex, ruleOf } from '../model/sampling-draft.ts'
import { commandCall, requestsCommand } from '../model/command-twin.ts'
import { samplingState, samplingWords } from '../model/sampling-state.ts'
import { CommandLine } from './command-line.tsx'
import { CloseButton } from './edge-panel.tsx'
import { Icon } from './icon.tsx'
import { SamplingProblems } from './sampling-problems.tsx'
import { SamplingRuleFields } from './sampling-rule-fields.tsx'

const CAP_DEFAULT = 100

/** Which requests are captured in full: what is in force, what it costs, and how it is changed. */
export function SamplingPanel() {
  const state = samplingState(status.value?.agents ?? [])
  // Somebody else may have changed the rules meanwhile.
  useEffect(() => void loadSampling(), [state.generation])
  return (
    <aside class="panel sampling" aria-label="Sampling">
      <div class="panel-head">
        <div class="panel-title">
          <h2>Sampling</h2>
          <CloseButton />
        </div>
        <p class="panel-sub" role="status">
          {isSamplingKnown.value ? samplingWords(state, rulesInForce.value.length) : 'Asking the server…'}
        </p>
      </div>
      {samplingError.value !== '' && (
        <p class="banner" role="alert">
          {samplingError.value}
        </p>
      )}
      {areRequestsOff.value && (
        <p class="banner">
          <Icon name="warning" />
          <span>
            Requests are not observed: the agents were told so. Rules wait until they are.
            <CommandLine command={requestsCommand('set --on', commandCall(status.value))} />
          </span>
        </p>
      )}
      <section>
        <h3>Since the agents started</h3>
        <dl class="facts">
          <dt>Captured</dt>
          <dd>{formatCount(state.captures)}</dd>
          <dt>Dropped, over a cap</dt>
          <dd class={state.capped > 0 ? 'tone-warn' : ''}>
            {formatCount(state.capped)}
            {state.capped > 0 && ' asked for, and only counted'}
          </dd>
        </dl>
      </section>
      <section>
        <button
          class="switch"
          role="switch"
          aria-checked={isAskedForOn.value}
          disabled={!isSamplingKnown.value || isSamplingBusy.value || isSamplingEdited.value}
          title={isSamplingEdited.value ? 'Apply or discard what is edited first' : undefined}
          onClick={() => void turnAskedFor(!isAskedForOn.peek())}
        >
          <span class="switch-track" aria-hidden="true" />
          <span>
            Capture requests that say{' '}
            <code>
              {ASKED_FOR.header}: {ASKED_FOR.value}
            </code>
          </span>
        </button>
        <p class="muted">
          {isAskedForOn.value ? 'On' : 'Off'}. The rest are counted all the same, by route and status.
        </p>
      </section>
      {isSamplingKnown.value && <Rules />}
    </aside>
  )
}

function Rules() {
  const drafts = samplingDrafts.value
  const checked = drafts.map(ruleOf)
  const problems = Map.groupBy(samplingProblems.value, ({ place }) => ruleIndex(place))
  const isWrong = checked.some(({ diagnostics }) => diagnostics.length > 0) || !isCap(samplingCap.value)
  return (
    <form
      class="sampling-form"
      aria-label="Sampling rules"
      onSubmit={(event) => {
        event.preventDefault()
        if (!isWrong) void applyEdits()
      }}
    >
      {drafts.length === 0 && (
        <section>
          <p class="muted">No rules: no request is captured.</p>
        </section>
      )}
      {drafts.map((draft, i) => (
        <SamplingRuleFields
          key={i}
          draft={draft}
          number={i + 1}
          own={checked[i]!.diagnostics}
          problems={problems.get(i) ?? []}
          onEdit={(next) => editRules(drafts.toSpliced(i, 1, next))}
          onRemove={() => editRules(drafts.toSpliced(i, 1))}
        />
      ))}
      <section class="sampling-end">
        <label class="field short">
          <span>Captures a second of a host, over all rules</span>
          <input
            type="text"
            inputMode="numeric"
            value={samplingCap.value}
            placeholder={String(CAP_DEFAULT)}
            aria-invalid={!isCap(samplingCap.value)}
            onInput={({ currentTarget }) => editCap(currentTarget.value)}
          />
        </label>
        {!isCap(samplingCap.value) && <p class="tone-bad">A whole number of captures, at most 10,000.</p>}
        <SamplingProblems problems={problems.get(undefined) ?? []} />
        <div class="sampling-buttons">
          <button type="button" class="button" onClick={() => editRules(addDraft(drafts))}>
            <Icon name="plus" />
            Add a rule
          </button>
          <button
            type="submit"
            class="button strong push"
            disabled={!isSamplingEdited.value || isWrong || isSamplingBusy.value}
          >
            Apply
          </button>
          <button type="button" class="button" disabled={!isSamplingEdited.value} onClick={discardEdits}>
            Discard
          </button>
        </div>
      </section>
    </form>
  )
}

function isCap(text: string): boolean {
  return /^\d{0,5}$/.test(text.trim()) && Number(text) <= 10_000
}
