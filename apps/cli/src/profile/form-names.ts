/** Forms of a profile. */
export const PROFILE_FORMS = ['table', 'svg', 'pprof', 'speedscope', 'folded', 'json'] as const
export type ProfileForm = (typeof PROFILE_FORMS)[number]
