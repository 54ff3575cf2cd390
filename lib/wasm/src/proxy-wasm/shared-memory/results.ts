import { Result } from '../abi.ts'

/** What filters are answered: the C++ host knows no limits and waits for locks as long as it takes. */
export const RESULTS = {
  ok: Result.OK,
  empty: Result.EMPTY,
  'not-found': Result.NOT_FOUND,
  'cas-mismatch': Result.CAS_MISMATCH,
  'over-limit': Result.INTERNAL_FAILURE,
  busy: Result.INTERNAL_FAILURE,
} as const
