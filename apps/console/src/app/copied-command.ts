import { computed } from '@preact/signals'
import { commandCall, commandTwin } from '../model/command-twin.ts'
import { status } from './live-data.ts'
import { view } from './view.ts'

/** The command line that gives what the page shows. */
export const copiedCommand = computed(() => commandTwin(view.value, commandCall(status.value)))
