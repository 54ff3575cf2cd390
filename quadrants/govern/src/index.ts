export { GovernError, type GovernErrorCode } from './error.ts'
