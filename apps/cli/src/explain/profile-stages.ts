import type { Explanation } from './explanation.ts'

/** Stages at which samples of profiles may be lost: each sample that is, is counted. */
export const PROFILE_STAGE_EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  'profile.samples': {
    title: 'samples of stacks',
    text: `How many samples were taken, and how many of them reached the server. What was lost is counted by
profile.kernel, profile.symbols and profile.window.`,
  },
  'profile.kernel': {
    title: 'samples lost between kernel and agent',
    text: `map full: more different stacks in a second than the kernel's table holds. read late: the agent did not come to
read them in their second. The shares of a profile stay right as long as few are lost.`,
  },
  'profile.symbols': {
    title: 'samples whose addresses were not put into words',
    text: `Addresses become functions in a thread of their own. busy: it had more to do than it may hold, as when many large
programs start at once. thread ended: it died and was started again.`,
  },
  'profile.window': {
    title: 'samples over the limits of a window',
    text: `A window tells at most so many strings, frames, stacks, samples and processes (the reason names which); what is over the
limit is left out of it. nobody took it: the agent had no time to tell a whole window.`,
  },
}
