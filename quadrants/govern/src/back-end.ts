// What all back ends have in common.
export type { Problem } from './back-end/problem.ts'
