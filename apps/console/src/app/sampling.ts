import { batch, computed, signal } from '@preact/signals'
import type { Instruction, SamplingProblem, SetSamplingResponse } from '@quadrant/proto'
import {
  draftOf,
  ruleOf,
  sameDrafts,
  switchAskedFor,
  isAskedFor,
  type RuleInit,
  type SamplingDraft,
} from '../model/sampling-draft.ts'
import { client, errorText } from './client.ts'

/** What agents are told to do; undefined until the server has answered. */
const instruction = signal<Instruction | undefined>(undefined)
/** Rules as they are being edited; undefined: as they are in force. */
const edited = signal<readonly SamplingDraft[] | undefined>(undefined)
const editedCap = signal<string | undefined>(undefined)
/** What the server said of the rules that it was given last. */
export const samplingProblems = signal<readonly SamplingProblem[]>([])
export const samplingError = signal('')
export const isSamplingBusy = signal(false)
export const isSamplingKnown = computed(() => instruction.value !== undefined)

/** Rules in force, and the most captures a second of a host over all of them; 0 is the server's default. */
export const rulesInForce = computed<readonly RuleInit[]>(
  () => instruction.value?.requests?.samplingRules ?? [],
)
const capInForce = computed(() => instruction.value?.requests?.capturesPerSecondMax ?? 0)
export const areRequestsOff = computed(() => instruction.value?.requests?.off ?? false)

export const samplingDrafts = computed(() => edited.value ?? rulesInForce.value.map(draftOf))
export const samplingCap = computed(
  () => editedCap.value ?? (capInForce.value > 0 ? String(capInForce.value) : ''),
)
export const isSamplingEdited = computed(
  () =>
    (edited.value !== undefined && !sameDrafts(edited.value, rulesInForce.value.map(draftOf))) ||
    (editedCap.value !== undefined && Number(editedCap.value) !== capInForce.value),
)
export const isAskedForOn = computed(() => rulesInForce.value.some(isAskedFor))

export function editRules(drafts: readonly SamplingDraft[]) {
  edited.value = drafts
}

export function editCap(text: string) {
  editedCap.value = text
}

export function discardEdits() {
  batch(() => {
    edited.value = undefined
    editedCap.value = undefined
    samplingProblems.value = []
    samplingError.value = ''
  })
}

/** Reads what is in force. What somebody is editing stays. */
export function loadSampling(): Promise<void> {
  // With nothing to be checked nothing is said, but what is in force.
  return ask(() => client.setSampling({ checkOnly: true }), false)
}

/** Puts the edited rules in force; where one is none, all stays as it is. */
export function applyEdits(): Promise<void> {
  const rules = samplingDrafts.peek().map((draft) => ruleOf(draft).value)
  return apply(rules, Number(samplingCap.peek()) || 0)
}

/** Turns the rule for those who ask by header on or off, and touches no other. */
export function turnAskedFor(on: boolean): Promise<void> {
  return apply(switchAskedFor(rulesInForce.peek(), on), capInForce.peek())
}

function apply(rules: readonly RuleInit[], capturesPerSecondMax: number): Promise<void> {
  return ask(() => client.setSampling({ rules: [...rules], capturesPerSecondMax }), true)
}

async function ask(question: () => Promise<SetSamplingResponse>, isChange: boolean) {
  isSamplingBusy.value = true
  try {
    const answer = await question()
    batch(() => {
      instruction.value = answer.instruction
      samplingError.value = ''
      if (isChange) samplingProblems.value = answer.problems
      if (isChange && answer.applied) {
        edited.value = undefined
        editedCap.value = undefined
      }
    })
  } catch (error) {
    samplingError.value = errorText(error)
  } finally {
    isSamplingBusy.value = false
  }
}
