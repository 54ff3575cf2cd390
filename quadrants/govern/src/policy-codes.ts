// What can be wrong with policies, for who explains it and reads none.
export { POLICY_CODES } from './policy/codes.ts'
