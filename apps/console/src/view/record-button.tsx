import { signal } from '@preact/signals'
import type { TimeRange } from '@quadrant/proto'
import { client, errorText } from '../app/client.ts'
import { profileError } from '../app/profile-data.ts'
import { go, nowMs } from '../app/view.ts'
import { selectRange } from '../model/time-range.ts'
import { Icon } from './icon.tsx'

const HZ = 99
const SECONDS = 10
/** Samples of the last second arrive after it, milliseconds. */
const ARRIVAL_MS = 2500

/** What is being sampled closely, or was last. */
const recording = signal<TimeRange | undefined>(undefined)

async function record() {
  try {
    const { range } = await client.recordProfile({ frequencyHz: HZ, seconds: SECONDS })
    recording.value = range
  } catch (error) {
    profileError.value = `Nothing is recorded: ${errorText(error)}`
  }
}

/** Samples closely for a while, and then leads to it. */
export function RecordButton() {
  const range = recording.value
  const leftMs = range ? range.endNs / 1e6 + ARRIVAL_MS - nowMs.value : 0
  if (range && leftMs > 0)
    return (
      <span class="muted" role="status">
        Sampling at {HZ} Hz, {Math.ceil(leftMs / 1000)} s left
      </span>
    )
  return (
    <>
      {range && (
        <button
          class="button"
          onClick={() => {
            recording.value = undefined
            go({ time: selectRange(range.startNs / 1e6, range.endNs / 1e6, Date.now()) })
          }}
        >
          Show the recording
        </button>
      )}
      <button
        class="button plain"
        title={`Sample all processes ${HZ} times a second for ${SECONDS} seconds`}
        onClick={() => void record()}
      >
        <Icon name="record" />
        Record {SECONDS} s at {HZ} Hz
      </button>
    </>
  )
}
