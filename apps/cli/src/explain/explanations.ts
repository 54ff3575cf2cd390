import { HOOKS } from '@quadrant/observe'
import { CLI_EXPLANATIONS } from './cli-codes.ts'
import { DROP_EXPLANATIONS } from './drop-stages.ts'
import { ERRNO_EXPLANATIONS } from './errno-names.ts'
import type { Explanation } from './explanation.ts'
import { FILTER_TEST_EXPLANATIONS } from './filter-test-codes.ts'
import { FINDING_EXPLANATIONS } from './findings.ts'
import { FORMAT_EXPLANATIONS } from './format-codes.ts'
import { GATEWAY_EXPLANATIONS } from './gateway-codes.ts'
import { HOST_EXPLANATIONS } from './host-checks.ts'
import { POLICY_EXPLANATIONS } from './policy-codes.ts'
import { PROFILE_STAGE_EXPLANATIONS } from './profile-stages.ts'
import { PIPELINE_EXPLANATIONS } from './pipeline-codes.ts'
import { REQUEST_EXPLANATIONS } from './request-codes.ts'
import { SCHEMA_EXPLANATIONS } from './schema-codes.ts'
import { SERVER_EXPLANATIONS } from './server-checks.ts'

const NEEDS = {
  required: 'The eBPF source needs it.',
  wanted: 'The eBPF source runs without it and sees less.',
  better: 'It is not needed: where it is there, some things become cheaper or possible.',
  spare: 'Nothing that runs now needs it.',
} as const

/** The explanation of a code, whatever its case; the check of a stage (`server.drops.kernel.ring`) is the stage's. */
export function findExplanation(code: string): readonly [code: string, Explanation] | undefined {
  const wanted = code.toLowerCase().replace(/^server\.drops\./, '')
  return [...EXPLANATIONS].find(([key]) => key.toLowerCase() === wanted)
}

/** Everything that `quadrant explain` knows: error codes, checks of doctor, stages of drops, error names. */
export const EXPLANATIONS: ReadonlyMap<string, Explanation> = new Map([
  ...Object.entries(CLI_EXPLANATIONS),
  ...Object.entries(FINDING_EXPLANATIONS),
  ...Object.entries(PIPELINE_EXPLANATIONS),
  ...Object.entries(GATEWAY_EXPLANATIONS),
  ...Object.entries(FILTER_TEST_EXPLANATIONS),
  ...Object.entries(POLICY_EXPLANATIONS),
  ...Object.entries(REQUEST_EXPLANATIONS),
  ...Object.entries(SCHEMA_EXPLANATIONS),
  ...Object.entries(FORMAT_EXPLANATIONS),
  ...Object.entries(HOST_EXPLANATIONS),
  ...HOOKS.map(({ id, title, costIfMissing, need, instead, fix }): [string, Explanation] => [
    id,
    {
      title,
      text: [
        NEEDS[need],
        instead ? `${instead[0]} does its work as well.` : undefined,
        `Without it: ${costIfMissing}.`,
        fix ? `What to do: ${fix}.` : undefined,
        'quadrant doctor really tries it: it loads a small program or makes a map of this kind and takes it away again.',
      ]
        .filter((line) => line !== undefined)
        .join('\n'),
    },
  ]),
  ...Object.entries(SERVER_EXPLANATIONS),
  ...Object.entries(DROP_EXPLANATIONS),
  ...Object.entries(PROFILE_STAGE_EXPLANATIONS),
  ...Object.entries(ERRNO_EXPLANATIONS),
])
